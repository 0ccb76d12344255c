/* SPDX-License-Identifier: MIT */
/* AES in CTR, CBC and GCM, and chacha20-poly1305, against NIST SP 800-38A and against what
 * OpenSSL 3.0 computes for the same input (by Python's cryptography). */
#include <libssh2_priv.h>
#include <cipher-chachapoly.h>
#include "crypto_hex.h"
#include "unit.h"

#define PLAIN                                                                                       \
	"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                           \
	"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define KEY128 "2b7e151628aed2a6abf7158809cf4f3c"
#define KEY192 "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b"
#define KEY256 "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
#define LEN 64u

/* Whole, then in chunks of every number of blocks, then back. */
static void
check_blocks(enum cipher_algo algo, const char *key_hex, const char *iv_hex, const char *want_hex)
{
	uint8_t key[32], iv[16], plain[LEN], want[LEN], data[LEN];
	struct cipher c;
	size_t chunk, done;

	unhex(key_hex, key);
	unhex(iv_hex, iv);
	unhex(PLAIN, plain);
	unhex(want_hex, want);
	for (chunk = 16; chunk <= LEN; chunk += 16) {
		memcpy(data, plain, LEN);
		REQUIRE(_libssh2_cipher_init(&c, algo, iv, key, 1) == 0);
		for (done = 0; done < LEN; done += chunk)
			CHECK_INT(_libssh2_cipher_crypt(&c, algo, 1, data + done,
			              LEN - done < chunk ? LEN - done : chunk, MIDDLE_BLOCK), 0);
		CHECK_MEM(data, want, LEN);
		_libssh2_cipher_dtor(&c);
		REQUIRE(_libssh2_cipher_init(&c, algo, iv, key, 0) == 0);
		for (done = 0; done < LEN; done += chunk)
			CHECK_INT(_libssh2_cipher_crypt(&c, algo, 0, data + done,
			              LEN - done < chunk ? LEN - done : chunk, MIDDLE_BLOCK), 0);
		CHECK_MEM(data, plain, LEN);
		CHECK(_libssh2_cipher_crypt(&c, algo, 0, data, 15, MIDDLE_BLOCK) != 0);
		_libssh2_cipher_dtor(&c);
	}
}

TEST(ctr_as_nist_has_it)
{
	const char *iv = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

	check_blocks(CIPHER_AES128_CTR, KEY128, iv, 
	    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f0902"
	    "0db03eab1e031dda2fbe03d1792170a0f3009cee");
	check_blocks(CIPHER_AES192_CTR, KEY192, iv, 
	    "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d66"
	    "5620abf74f78a7f6d29809585a97daec58c6b050");
	check_blocks(CIPHER_AES256_CTR, KEY256, iv, 
	    "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba"
	    "2d84988ddfc9c58db67aada613c2dd08457941a6");
}

TEST(ctr_counts_in_128_bits)
{
	check_blocks(CIPHER_AES128_CTR, KEY128, "000000000000000000000000ffffffff", 
	    "5800f09cbc987473b7dfa6c8f98d7218c9bc21c931ad4173d93a61d060ef9fff452920d5d7926cd5eeabd518"
	    "f241066057d3f47e83aed99a18c3d8bb1cfefe4e");
	check_blocks(CIPHER_AES128_CTR, KEY128, "0102030405060708ffffffffffffffff", 
	    "f00723e4f4dbaca3065d565cbc7959bdbd9c732771a49640716a01231f02e2aedf355037ed1c8611a3d52893"
	    "5f5d08b52db3f446524c6146df75bda26ff4a681");
	check_blocks(CIPHER_AES128_CTR, KEY128, "ffffffffffffffffffffffffffffffff", 
	    "e13338e36cb71962e00d020b4cedbd86d3dae15b04bb352fa0f59febfcb4da3e67da610697ed5aae4b0fa7a0"
	    "dd783d2961a00ab697367915d23c754bd99e2899");
}

TEST(cbc_as_nist_has_it)
{
	const char *iv = "000102030405060708090a0b0c0d0e0f";

	check_blocks(CIPHER_AES128_CBC, KEY128, iv, 
	    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b273bed6b8e3c1743b7116e69e"
	    "222295163ff1caa1681fac09120eca307586e1a7");
	check_blocks(CIPHER_AES192_CBC, KEY192, iv, 
	    "4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a571b242012fb7ae07fa9baac"
	    "3df102e008b0e27988598881d920a9e64f5615cd");
	check_blocks(CIPHER_AES256_CBC, KEY256, iv, 
	    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d39f23369a9d9bacfa530e263"
	    "04231461b2eb05e2c39be9fcda6c19078c6a9d1b");
}

/* Two packets under counted nonces: a 4-byte length in clear, 64 bytes, a 16-byte tag. */
#define GCM_NONCE "cafebabe00000000ffffffff"
#define PACKET (4u + LEN + 16u)
static const char *const gcm128[2] = {
	    "f813f31d32de8b5577bc556bf144338fc23e5976859ac1dbd201d696d3a33055d0138fd14568d21509efb26d"
	    "e9b12c08722c554458d1730ea70bec45f3b3fef21c9742d45478d1a6fde178f5c5900583",
	
	    "d38c02c10aa6e8072175c1aa3408ef26fae5ca3553996d0306948647331b681ed69e2a59bc63891b7b4ce278"
	    "9209565d1ce9122d1ec9c313cf154708ea30fd0f8d99c50e6b0c8969120d446e9ed402d7"};
static const char *const gcm256[2] = {
	    "5480e26a00f0257a11ff8f5ac189f7dd42b61fae4890d9dc84b62ee7485b4aa94212a83c32112231b5e2f6c9"
	    "0f9bfefa93301677b5f438a7155ad11b0f1fa608944e5612d9f0abc6ca24710f76017ec1",
	
	    "b362f9809a2c5c97084e942caeaf958860b837b91a142b9a33ab8cad6944dcca5ad642094dfbd29da69cb968"
	    "b0606dc7a7d2cfa5a403509557416b7c28eff302975239680c46d5963b132dbe314b301e"};

static void
gcm_init(struct cipher *c, enum cipher_algo algo, int encrypt)
{
	uint8_t key[32], iv[16];
	uint8_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	unhex(GCM_NONCE, iv);
	CHECK_INT(_libssh2_cipher_init(c, algo, iv, key, encrypt), 0);
}

static void
gcm_packet(uint8_t packet[PACKET], const char *sealed)
{
	memset(packet, 0, PACKET);
	packet[3] = LEN;
	if (sealed != NULL)
		unhex(sealed, packet + 4);
	else
		unhex(PLAIN, packet + 4);
}

static void
check_gcm_encrypt(enum cipher_algo algo, const char *const want[2])
{
	uint8_t packet[PACKET], sealed[PACKET];
	struct cipher c;
	int i;

	gcm_init(&c, algo, 1);
	for (i = 0; i < 2; i++) {
		gcm_packet(packet, NULL);
		gcm_packet(sealed, want[i]);
		CHECK_INT(_libssh2_cipher_crypt(&c, algo, 1, packet, 4 + LEN, FIRST_BLOCK), 0);
		CHECK_INT(_libssh2_cipher_crypt(&c, algo, 1, packet + 4 + LEN, 16, LAST_BLOCK), 0);
		CHECK_MEM(packet, sealed, PACKET);
	}
	_libssh2_cipher_dtor(&c);
}

TEST(gcm_encrypts_and_counts_the_nonce)
{
	check_gcm_encrypt(CIPHER_AES128_GCM, gcm128);
	check_gcm_encrypt(CIPHER_AES256_GCM, gcm256);
}

/* First 16 bytes, then chunks of that size, the last one with the tag. */
static void
check_gcm_decrypt(enum cipher_algo algo, const char *const sealed[2], size_t chunk)
{
	uint8_t packet[PACKET], plain[PACKET];
	struct cipher c;
	size_t done;
	int i;

	gcm_init(&c, algo, 0);
	for (i = 0; i < 2; i++) {
		gcm_packet(packet, sealed[i]);
		gcm_packet(plain, NULL);
		CHECK_INT(_libssh2_cipher_crypt(&c, algo, 0, packet, 16, FIRST_BLOCK), 0);
		for (done = 16; PACKET - done > chunk + 16; done += chunk)
			CHECK_INT(_libssh2_cipher_crypt(&c, algo, 0, packet + done, chunk, MIDDLE_BLOCK), 0);
		CHECK_INT(_libssh2_cipher_crypt(&c, algo, 0, packet + done, PACKET - done, LAST_BLOCK), 0);
		CHECK_MEM(packet, plain, 4 + LEN);
	}
	_libssh2_cipher_dtor(&c);
}

TEST(gcm_decrypts_in_chunks_of_any_size)
{
	size_t chunk;

	for (chunk = 1; chunk <= 40; chunk++) {
		check_gcm_decrypt(CIPHER_AES128_GCM, gcm128, chunk);
		check_gcm_decrypt(CIPHER_AES256_GCM, gcm256, chunk);
	}
}

TEST(gcm_decrypts_a_packet_in_one_chunk)
{
	uint8_t packet[PACKET], plain[PACKET];
	struct cipher c;

	gcm_init(&c, CIPHER_AES128_GCM, 0);
	gcm_packet(packet, gcm128[0]);
	gcm_packet(plain, NULL);
	CHECK_INT(_libssh2_cipher_crypt(&c, CIPHER_AES128_GCM, 0, packet, PACKET, FIRST_BLOCK | LAST_BLOCK), 0);
	CHECK_MEM(packet, plain, 4 + LEN);
	_libssh2_cipher_dtor(&c);
}

TEST(gcm_refuses_every_flipped_bit)
{
	uint8_t packet[PACKET];
	struct cipher c;
	size_t bit;

	for (bit = 0; bit < PACKET * 8; bit++) {
		gcm_init(&c, CIPHER_AES256_GCM, 0);
		gcm_packet(packet, gcm256[0]);
		packet[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		CHECK(_libssh2_cipher_crypt(&c, CIPHER_AES256_GCM, 0, packet, PACKET, FIRST_BLOCK | LAST_BLOCK) != 0);
		_libssh2_cipher_dtor(&c);
	}
}

TEST(gcm_refuses_chunks_too_short_for_length_or_tag)
{
	uint8_t packet[PACKET];
	struct cipher c;
	size_t len;

	for (len = 0; len < 4; len++) {
		gcm_init(&c, CIPHER_AES128_GCM, 0);
		CHECK(_libssh2_cipher_crypt(&c, CIPHER_AES128_GCM, 0, packet, len, FIRST_BLOCK) != 0);
	}
	for (len = 0; len < 16; len++) {
		gcm_init(&c, CIPHER_AES128_GCM, 0);
		gcm_packet(packet, gcm128[0]);
		CHECK_INT(_libssh2_cipher_crypt(&c, CIPHER_AES128_GCM, 0, packet, 16, FIRST_BLOCK), 0);
		CHECK(_libssh2_cipher_crypt(&c, CIPHER_AES128_GCM, 0, packet + 16, len, LAST_BLOCK) != 0);
		_libssh2_cipher_dtor(&c);
	}
}

TEST(a_destroyed_context_holds_no_key)
{
	struct cipher c, zero;

	memset(&zero, 0, sizeof(zero));
	gcm_init(&c, CIPHER_AES256_GCM, 1);
	_libssh2_cipher_dtor(&c);
	CHECK_MEM(&c, &zero, sizeof(c));
}

static const char sealed_chacha[] = 
	    "bc79803bfd03a250f551b93f3d505aeddbd34d5eaf009e802dbac14213c5230664f5a18950153c07862c1d50"
	    "27f9ea8261e28ce078d09f401402957c45697e7f24d47c3d9fcfef0ba15b051c35ff776532593b46";
#define CHACHA_SEQNR 0x01020304u

static void
chacha_init(struct chachapoly_ctx *ctx)
{
	uint8_t key[64];
	uint8_t i;

	for (i = 0; i < sizeof(key); i++)
		key[i] = i;
	CHECK_INT(chachapoly_init(ctx, key, sizeof(key)), 0);
}

TEST(chacha20_poly1305_seals_and_opens)
{
	uint8_t packet[PACKET], plain[PACKET], want[PACKET];
	struct chachapoly_ctx ctx;
	unsigned int len;

	chacha_init(&ctx);
	gcm_packet(plain, NULL);
	memcpy(packet, plain, PACKET);
	REQUIRE(unhex(sealed_chacha, want) == PACKET);
	CHECK_INT(chachapoly_crypt(&ctx, CHACHA_SEQNR, packet, packet, LEN, 4, 1), 0);
	CHECK_MEM(packet, want, PACKET);
	CHECK_INT(chachapoly_get_length(&ctx, &len, CHACHA_SEQNR, packet, 4), 0);
	CHECK_INT(len, LEN);
	CHECK_INT(chachapoly_crypt(&ctx, CHACHA_SEQNR, packet, packet, LEN, 4, 0), 0);
	CHECK_MEM(packet, plain, 4 + LEN);
}

TEST(chacha20_poly1305_refuses_and_leaves_a_changed_packet)
{
	uint8_t packet[PACKET], before[PACKET];
	struct chachapoly_ctx ctx;
	size_t i;

	chacha_init(&ctx);
	for (i = 0; i < PACKET; i++) {
		unhex(sealed_chacha, packet);
		packet[i] ^= 0x80;
		memcpy(before, packet, PACKET);
		CHECK(chachapoly_crypt(&ctx, CHACHA_SEQNR, packet, packet, LEN, 4, 0) != 0);
		CHECK_MEM(packet, before, PACKET);
	}
	unhex(sealed_chacha, packet);
	CHECK(chachapoly_crypt(&ctx, CHACHA_SEQNR + 1, packet, packet, LEN, 4, 0) != 0);
}

TEST(chacha20_poly1305_refuses_short_keys_and_headers)
{
	struct chachapoly_ctx ctx;
	uint8_t bytes[64] = {0};
	unsigned int len;

	CHECK(chachapoly_init(&ctx, bytes, 32) != 0);
	chacha_init(&ctx);
	CHECK(chachapoly_get_length(&ctx, &len, 0, bytes, 3) != 0);
}

int
main(void)
{
	_libssh2_crypto_start();
	RUN(ctr_as_nist_has_it);
	RUN(ctr_counts_in_128_bits);
	RUN(cbc_as_nist_has_it);
	RUN(gcm_encrypts_and_counts_the_nonce);
	RUN(gcm_decrypts_in_chunks_of_any_size);
	RUN(gcm_decrypts_a_packet_in_one_chunk);
	RUN(gcm_refuses_every_flipped_bit);
	RUN(gcm_refuses_chunks_too_short_for_length_or_tag);
	RUN(a_destroyed_context_holds_no_key);
	RUN(chacha20_poly1305_seals_and_opens);
	RUN(chacha20_poly1305_refuses_and_leaves_a_changed_packet);
	RUN(chacha20_poly1305_refuses_short_keys_and_headers);
	return unit_done();
}
