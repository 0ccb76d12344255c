# SPDX-License-Identifier: MIT
# The image that the orb's deploy and rollback jobs run in.
# Stages: builder makes the helpers from source; helpers holds these alone, to copy from; the last adds
# slipway and what CircleCI needs of an image.
ARG BASE=debian:12-slim

FROM ${BASE} AS builder
COPY tests/install.sh /src/tests/
RUN /src/tests/install.sh build && /src/tests/install.sh aarch64 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The libraries change seldom: built by themselves, they stay in the layer cache. Archives that a
# make in the checkout has fetched are used again (by digest); what is missing is fetched.
COPY Makefile VERSION build/fetche[d]/*.tar.* /tarballs/
COPY Makefile VERSION ./
COPY tests/tests.mk tests/
COPY helpers/deps helpers/deps
COPY helpers/lib/crypto/bearssl_ssh.h helpers/lib/crypto/libssh2_config.h helpers/lib/crypto/
ENV SLIPWAY_TARBALLS=/tarballs
RUN make deps && make deps ARCH=aarch64
COPY helpers helpers
RUN make helpers && make helpers ARCH=aarch64 \
 && install -d /out \
 && cp -r build/bin /out/$(uname -m) \
 && if [ ! -d /out/aarch64 ]; then cp -r build/aarch64/bin /out/aarch64; fi

FROM scratch AS helpers
COPY --from=builder /src/build/bin/ /

FROM ${BASE} AS deploy
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      bash ca-certificates git gzip openssh-client python3 tar \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --shell /bin/bash slipway \
 && install -d -o slipway -g slipway /home/slipway/project
COPY --from=builder /out/ /usr/local/lib/slipway/helpers/
COPY scripts/ /usr/local/lib/slipway/
RUN for tool in /usr/local/lib/slipway/helpers/$(uname -m)/* /usr/local/lib/slipway/slipway; do \
      ln -s "$tool" /usr/local/bin/; \
    done
ENV HOME=/home/slipway LANG=C.UTF-8 SLIPWAY_HELPERS_DIR=/usr/local/lib/slipway/helpers
USER slipway
WORKDIR /home/slipway/project
