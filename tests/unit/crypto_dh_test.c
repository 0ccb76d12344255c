/* SPDX-License-Identifier: MIT */
/* Diffie-Hellman and the numbers of the interface. Known answers by Python's pow. */
#include <libssh2_priv.h>
#include "crypto_hex.h"
#include "unit.h"

/* RFC 3526, group 14 */
static const char prime[] = 
	    "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a0879"
	    "8e3404ddef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b"
	    "0bff5cb6f406b7edee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da4836"
	    "1c55d39a69163fa8fd24cf5f83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804"
	    "f1746c08ca18217c32905e462e36ce3be39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6"
	    "955817183995497cea956ae515d2261898fa051015728e5a8aacaa68ffffffffffffffff";

static struct bn *
number(const char *hex)
{
	uint8_t bytes[600];
	struct bn *bn = _libssh2_bn_init();
	size_t len = unhex(hex, bytes);

	CHECK_INT(_libssh2_bn_from_bin(bn, len, bytes), 0);
	return bn;
}

TEST(numbers_lose_leading_zeros)
{
	static const uint8_t bytes[] = {0, 0, 1, 0x80};
	uint8_t out[4];
	struct bn *bn = _libssh2_bn_init();

	CHECK_INT(_libssh2_bn_from_bin(bn, sizeof(bytes), bytes), 0);
	CHECK_INT(_libssh2_bn_bytes(bn), 2);
	CHECK_INT(_libssh2_bn_bits(bn), 9);
	CHECK_INT(_libssh2_bn_to_bin(bn, out), 0);
	CHECK_MEM(out, bytes + 2, 2);
	CHECK_INT(_libssh2_bn_set_word(bn, 2), 0);
	CHECK_INT(_libssh2_bn_bits(bn), 2);
	CHECK_INT(_libssh2_bn_from_bin(bn, 2, bytes), 0);
	CHECK_INT(_libssh2_bn_bytes(bn), 0);
	CHECK_INT(_libssh2_bn_bits(bn), 0);
	_libssh2_bn_free(bn);
	_libssh2_bn_free(NULL);
}

TEST(numbers_have_4096_bits_at_most)
{
	uint8_t bytes[BN_MAX_LEN + 1];
	struct bn *bn = _libssh2_bn_init();

	memset(bytes, 0xff, sizeof(bytes));
	CHECK_INT(_libssh2_bn_from_bin(bn, BN_MAX_LEN, bytes), 0);
	CHECK_INT(_libssh2_bn_bits(bn), 4096);
	CHECK(_libssh2_bn_from_bin(bn, sizeof(bytes), bytes) != 0);
	CHECK(_libssh2_bn_from_bin(NULL, 1, bytes) != 0);
	_libssh2_bn_free(bn);
}

static void
check_secret(const char *f_hex, const char *k_hex)
{
	struct bn *x = number("11111111111111111111111111111111111111111111111111111111111111111111111111111111");
	struct bn *p = number(prime), *f = number(f_hex), *want = number(k_hex);
	struct bn *k = _libssh2_bn_init();

	CHECK_INT(_libssh2_dh_secret(&x, k, f, p), 0);
	CHECK_INT(k->len, want->len);
	CHECK_MEM(k->bytes, want->bytes, want->len);
	_libssh2_bn_free(p);
	_libssh2_bn_free(f);
	_libssh2_bn_free(k);
	_libssh2_bn_free(want);
	_libssh2_dh_dtor(&x);
	CHECK(x == NULL);
}

TEST(secret_is_f_to_the_x)
{
	check_secret(
	    "a639d56081595ecbd6dbaa3bf385ccbe67fb381b3a9a94da066883c82c385228c20dd9568580d1b8820d335f"
	    "c231ca8d6de0121740e66a09739efa9e2681040db0e08b2e9399e75202050531f3de71fdcafc736226c7e347"
	    "aebda5410d0a0bcc746bec05f570280a35e14173fc6d505ebc7ad4b85d092335d5a19b38b89233e3cd7d4181"
	    "d01566318423af44570b4f7caed2da3de0d8ab45f7478b47a35a7a8b2fd9619980a5601cece61dc66f50ea11"
	    "fa1f2d9d672ec1bb99cb43f4caa9696f17f0c6cda0d655b23a87aa6d461633f37a6fcf7b681ff8ae5920b573"
	    "714d9a00457c9bd3969f029f6ee1f25f7cc9db618a0ce5dc085c033fd60b5745bd1a504d", 
	    "a3a0beaa7256ec33fe4e726f28e490fc33a9fd4520de2da47a5ff1d52862c507e27e1ee2789d6c6c8cb2f86f"
	    "e928c43f605e9087c9f2ffea7bece9cb96e0c4b4eed509e2e4ad0358aa459c831558f56d5d41bf3673ff3146"
	    "13827744b6c98f06ff92d45ea79234832bc3a758e79034f43a1ae09265c3f72f7f630d41e644f6ca4284726a"
	    "cca85062cdede1d03c6fad03bdb95f5689968947d4fc3058024a380ada25ee5dfceb0a9dd71f0cfc38abc977"
	    "d0e7d07ecda5c83a343fc64797a19dedf909925f01f29344b790fe6488634f9d165713d49265421f21adc499"
	    "e66a5e76a8582b06751f0ace8e9b4102575a0c4b8851b32a15ce269528aab70eba707265");
}

TEST(secret_with_a_leading_zero)
{
	check_secret(
	    "ad25c453301ed15c015a7b4e63f102db504be5f5333d17ed394ab4eaa550f5b65ea8a95b6307b9174af224be"
	    "d4f78f5ae66d75f74fef16f064070a05b1909abdf0156380c9157caaad3dbbfe233583b77afc37052da34628"
	    "6225abd9ef088059df8d457e3b7a5cb409b4ad60be76e51caa72b8de8738cdf3706051719d111c4e7ad63e50"
	    "f3f47f9ac9aac4a61bf04928312ce94d608ac480be4ff6c6cce096dfc79efbe9f7a57563198c82d57df364a6"
	    "993091f9a341a0ee6216b0be7da0af34fe8530faf70cec4995aead4df7408f23deabdff6b328229635a81aa2"
	    "215b98bc56f8dbcf64b6770e5a23615947d632f82d4a7839287a4763e2e08fefd58645b6", 
	    "0012cb467677fa2081dab8bb072a858b005b117ec18a2a77f81ec490cbeaddf9d6a889ef6b7378cbb0dea116"
	    "2aeab7d53e6e57275c01f487b0d9e18ac56f5b8c34b64b32016dbf15ff326ad4149683fb5adf1a5e060f920e"
	    "513f29062e6795aba96099a5e9fda80a3db5dbdec014c3d789d40403a4560e09f1859dd555b44182a6f4a9b1"
	    "b376f8ed2a467c958f720af21bf74d904d9ab1632a6ee1b564d627b48d0f82286a1f68f9be6871300475aa33"
	    "570b26e1a4f1d0fa6debd59406408f27a1550c22103ce85ff359a1ea7a9624ef1769def07cf1623fbc0aaca4"
	    "fae85ac970486fe24e249b46811b10823cb556d64fdcac665a351588c4affe735b28a111");
}

TEST(two_sides_agree)
{
	struct bn *p = number(prime), *g = number("02");
	struct bn *e = _libssh2_bn_init(), *f = _libssh2_bn_init();
	struct bn *k1 = _libssh2_bn_init(), *k2 = _libssh2_bn_init();
	struct bn *x, *y;

	_libssh2_dh_init(&x);
	_libssh2_dh_init(&y);
	CHECK_INT(_libssh2_dh_key_pair(&x, e, g, p, 256), 0);
	CHECK_INT(_libssh2_dh_key_pair(&y, f, g, p, 256), 0);
	CHECK(_libssh2_bn_bits(x) > 400);
	CHECK_INT(_libssh2_dh_secret(&x, k1, f, p), 0);
	CHECK_INT(_libssh2_dh_secret(&y, k2, e, p), 0);
	CHECK_INT(k1->len, k2->len);
	CHECK_MEM(k1->bytes, k2->bytes, k1->len);
	_libssh2_dh_dtor(&x);
	_libssh2_dh_dtor(&y);
	_libssh2_bn_free(p);
	_libssh2_bn_free(g);
	_libssh2_bn_free(e);
	_libssh2_bn_free(f);
	_libssh2_bn_free(k1);
	_libssh2_bn_free(k2);
}

/* 0, 1, p - 1, p and more would make the secret known. */
TEST(values_outside_the_group_are_refused)
{
	struct bn *x = number("0123456789abcdef0123456789abcdef"), *p = number(prime);
	struct bn *k = _libssh2_bn_init(), *f = number("00");

	CHECK(_libssh2_dh_secret(&x, k, f, p) != 0);
	CHECK_INT(_libssh2_bn_set_word(f, 1), 0);
	CHECK(_libssh2_dh_secret(&x, k, f, p) != 0);
	*f = *p;
	CHECK(_libssh2_dh_secret(&x, k, f, p) != 0);
	f->bytes[f->len - 1]--; /* p - 1 */
	CHECK(_libssh2_dh_secret(&x, k, f, p) != 0);
	f->bytes[f->len - 1]--; /* p - 2 is in the group */
	CHECK_INT(_libssh2_dh_secret(&x, k, f, p), 0);
	*f = *p;
	f->bytes[0] = 0xff;
	f->bytes[f->len++] = 1;
	CHECK(_libssh2_dh_secret(&x, k, f, p) != 0);
	CHECK_INT(_libssh2_bn_set_word(f, 2), 0);
	CHECK_INT(_libssh2_dh_secret(&x, k, f, p), 0);
	_libssh2_bn_free(f);
	_libssh2_bn_free(k);
	_libssh2_bn_free(p);
	_libssh2_dh_dtor(&x);
}

TEST(weak_groups_are_refused)
{
	struct bn *p = number(prime), *g = number("02"), *e = _libssh2_bn_init();
	struct bn *x;

	_libssh2_dh_init(&x);
	p->len = 255; /* 2040 bits */
	CHECK(_libssh2_dh_key_pair(&x, e, g, p, 255) != 0);
	p->len = 256;
	p->bytes[255] &= 0xfe; /* even */
	CHECK(_libssh2_dh_key_pair(&x, e, g, p, 256) != 0);
	p->bytes[255] |= 1;
	CHECK_INT(_libssh2_bn_set_word(g, 1), 0);
	CHECK(_libssh2_dh_key_pair(&x, e, g, p, 256) != 0);
	CHECK_INT(_libssh2_bn_set_word(g, 0), 0);
	CHECK(_libssh2_dh_key_pair(&x, e, g, p, 256) != 0);
	_libssh2_dh_dtor(&x);
	_libssh2_bn_free(e);
	_libssh2_bn_free(g);
	_libssh2_bn_free(p);
}

int
main(void)
{
	RUN(numbers_lose_leading_zeros);
	RUN(numbers_have_4096_bits_at_most);
	RUN(secret_is_f_to_the_x);
	RUN(secret_with_a_leading_zero);
	RUN(two_sides_agree);
	RUN(values_outside_the_group_are_refused);
	RUN(weak_groups_are_refused);
	return unit_done();
}
