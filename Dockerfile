# SPDX-License-Identifier: MIT
# The image that the orb's deploy and rollback jobs run in.
# Stages: builder makes the helpers from source, on the machine's own architecture; helpers holds those of
# the image's architecture alone, to copy from; runtime is what CircleCI needs of an image; sbom writes
# down what is in it; deploy adds slipway and the helpers.
ARG BASE=debian:12-slim
ARG BUILDER=${BASE}

FROM --platform=${BUILDPLATFORM} ${BUILDER} AS builder
COPY tests/install.sh /src/tests/
RUN for what in build aarch64 x86_64; do \
      [ "$what" = "$(uname -m)" ] || /src/tests/install.sh $what || exit; \
    done \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
# The libraries change seldom: built by themselves, they stay in the layer cache. Archives that a
# make in the checkout has fetched are used again (by digest); what is missing is fetched.
COPY Makefile VERSION build/fetche[d]/*.tar.* /tarballs/
COPY Makefile VERSION ./
COPY tests/tests.mk tests/
COPY helpers/deps helpers/deps
COPY helpers/lib/crypto/bearssl_ssh.h helpers/lib/crypto/libssh2_config.h helpers/lib/crypto/
ENV SLIPWAY_TARBALLS=/tarballs
RUN make deps ARCH=x86_64 && make deps ARCH=aarch64
COPY helpers helpers
COPY image/collect image/
RUN make helpers ARCH=x86_64 && make helpers ARCH=aarch64 && image/collect build /out

FROM scratch AS helpers
ARG TARGETARCH
COPY --from=builder /out/${TARGETARCH}/own/ /

FROM ${BASE} AS runtime
COPY image/dpkg.cfg /etc/dpkg/dpkg.cfg.d/slipway
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      bash ca-certificates git gzip openssh-client python3 tar \
 && rm -rf /var/lib/apt/lists/* /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/*.log /var/log/apt \
 && useradd --create-home --shell /bin/bash slipway \
 && install -d -o slipway -g slipway /home/slipway/project

FROM runtime AS sbom
ARG VERSION=unreleased
ARG CREATED=1970-01-01T00:00:00Z
COPY image/sbom helpers/deps/pins /sbom/
RUN /sbom/sbom --root / --created "$CREATED" "$VERSION" /sbom/pins >/sbom/slipway.spdx.json

FROM runtime AS deploy
ARG TARGETARCH
COPY --from=builder /out/${TARGETARCH}/image/ /usr/local/lib/slipway/helpers/
COPY --from=sbom /sbom/slipway.spdx.json /usr/local/share/doc/slipway/
COPY LICENSE /usr/local/share/doc/slipway/
COPY scripts/ /usr/local/lib/slipway/
RUN cd /usr/local/bin && ln -s ../lib/slipway/helpers/"$(uname -m)"/* ../lib/slipway/slipway .
ENV HOME=/home/slipway LANG=C.UTF-8 SLIPWAY_HELPERS_DIR=/usr/local/lib/slipway/helpers
USER slipway
WORKDIR /home/slipway/project
ARG BASE
ARG VERSION=unreleased
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="slipway" \
      org.opencontainers.image.description="Deploys a Python application to several hosts over SSH, all or none" \
      org.opencontainers.image.url="https://github.com/slipway/slipway" \
      org.opencontainers.image.source="https://github.com/slipway/slipway" \
      org.opencontainers.image.documentation="https://github.com/slipway/slipway#readme" \
      org.opencontainers.image.vendor="Slipway" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
