/* SPDX-License-Identifier: MIT */
/* RSA signatures. The key and the signatures, good and forged, were made with Python's
 * cryptography and pow; the private key is not kept. */
#include <libssh2_priv.h>
#include "lib/crypto/key.h"
#include "crypto_hex.h"
#include "unit.h"

static const char modulus[] = 
	    "a07a9517de3460654fd02521a9e20be1bc7a232651679d1ccbe3206e523c70ab578202b1baa6f4bdad14a3c8"
	    "190929cec1789b1f6d0fd0a0d4afa6632f99afe22db5127b7ae6372d11bc717b14107e61bce15cbcd941b80a"
	    "de2bc75aea5b77886f6820745472a0e55415772818e6fcb53d46f81bc38ffbfba0030cb524b9d2925c6b5f31"
	    "8b7a28ea38e6cb7719b2a3da0746843ac5f6d7e7d3a08843d8c242cf23f0bcb4a95b046ee02363c025de481b"
	    "d2ae005a0f4f18a7f97613f6f36ddd1a17f923c774b6be9c4d85f094b9abb761578bd95358448a2bba2e8b27"
	    "6dbcf973a04f9aa4e38b97e1f68a47a9eb0d7f96219d3c8cc66bf529f8ef92650283f5dd";
static const uint8_t message[] = "slipway";
#define MESSAGE_LEN (sizeof(message) - 1)

static struct rsa *
public_key(void)
{
	static const uint8_t e[] = {1, 0, 1};
	uint8_t n[256];
	struct rsa *rsa;

	unhex(modulus, n);
	CHECK_INT(_libssh2_rsa_new(&rsa, e, sizeof(e), n, sizeof(n), NULL, 0, NULL, 0, NULL, 0, NULL, 0, NULL, 0,
	              NULL, 0), 0);
	return rsa;
}

static int
verify(size_t hash_len, const char *sig_hex)
{
	uint8_t sig[300];
	size_t len = unhex(sig_hex, sig);
	struct rsa *rsa = public_key();
	int ret = _libssh2_rsa_sha2_verify(rsa, hash_len, sig, len, message, MESSAGE_LEN);

	_libssh2_rsa_free(rsa);
	return ret;
}

static const char good_sha256[] = 
	    "3e3026a22a8a8e405af84dbd54ace5f388cae1c0312018404f79b6010ad2846aad78fc622a85daadac63a069"
	    "952e3273c91356fbe8b7072c96a85887bb0bd1e6692db179690ec4f7fcbee910bee49edcc74fc6ecb4a9f9ac"
	    "e035c502cf4526b6fdb5d29652a60a2cd544984d9e160258410610db932a6732a073228ea883c3d8ba16176a"
	    "90b21c89404181a58ddb044484131e1ba7784ab4df751d27568dd9fd108a75f3654ba562c0bf27ded046f2a2"
	    "e9736364d64608d16d59c9e524f97e955605a267ce09d056848cf4d15196231d9a7fcf27497d2624cf1053b1"
	    "279bfe009b5ba7d36f4669c0ce20079d346c963793e79b5a97f1cf69e290c0eb0d1f71bb";

TEST(good_signatures)
{
	static const char good_sha1[] = 
	    "2229d94a81f503ab5e6962dfe9a7809465ead5c8c285cf0e3b05b325a3ad0f252341134d4447c1567c01e399"
	    "ce4518159753e05ba70f93fa587b42adb955d31266b218543a63b7363733c249f566d9e70d3abb5413c30001"
	    "4ac2ebe7a3ad62cc9cc13b0336520c8a34d1a0b199d4025cc7ab8de5f343f151da03fc27d877f7651c6ef33d"
	    "279067b655937dacabe8f3b9583a6d21a8c07202a8d5f688edc7fe1c63114ecec25ced6b92a29759ea0d9a92"
	    "d0a731e87b6ae8128a24c411ee7ec6f384a47fdd6e920d9d289d4a93ef7844a8d40fc66eb83646450d00024b"
	    "791a782fa61b13e653b54c90f34cace77e59fef7b3f5f53bab6f776f0f585bfb6762d727";
	struct rsa *rsa = public_key();
	uint8_t sig[256];

	CHECK_INT(verify(32, good_sha256), 0);
	CHECK_INT(verify(64, 
	    "55206a905abd569a48a89450218016ab84aa36d0333083110ed11d111dd603f678b11e8ee19ab185fd0ba7a5"
	    "86aafe4121f08fc6b2a2ab1d6816297340fbbfad59a9c003aa9df750e71227d9fc9c5ad8686cabf527b53fc4"
	    "2d3b61f0bf8a68e6e147f87ce327c4a7ef5fe667ce799d0c07750b74bc940548898ab697dfd68cc3a822384f"
	    "d084ede965fc2af8e9708dcb1f3798236a127a972df61da1de7f7a1ff76d6d43e5ed46b5cf9e703eabc45360"
	    "531a23581adc2cbf4de8fb6f163fda744e020fcb100acf58dd78f582f68ed3b942bb00df33fedc4b43149f74"
	    "d768e8aa17025f7b3e968639e391eac921218b1afa061bf49db7f2508c95e9319ce28618"), 0);
	unhex(good_sha1, sig);
	CHECK_INT(_libssh2_rsa_sha1_verify(rsa, sig, sizeof(sig), message, MESSAGE_LEN), 0);
	_libssh2_rsa_free(rsa);
}

TEST(another_hash_or_message_is_refused)
{
	struct rsa *rsa = public_key();
	uint8_t sig[256];

	CHECK(verify(64, good_sha256) != 0);
	CHECK(verify(20, good_sha256) != 0);
	CHECK(verify(33, good_sha256) != 0);
	unhex(good_sha256, sig);
	CHECK(_libssh2_rsa_sha2_verify(rsa, 32, sig, sizeof(sig), message, MESSAGE_LEN - 1) != 0);
	_libssh2_rsa_free(rsa);
}

TEST(signature_without_its_leading_zero)
{
	static const char text[] = "slipway 151";
	struct rsa *rsa = public_key();
	uint8_t sig[256];

	CHECK_INT(unhex(
	    "dfea82bb30924e59db8a49c54029ef3bbea859ee872e967b5b68c0618f253e5887150abdc6b880e83222ee1f"
	    "35d06389e5debca1770313b274f5043e5935e1d716aed7d0ab8363dc29ead613159374012d70bf31a04076d4"
	    "53391cc6fa08d4042de641b5dae46c5f630a2c31f1da0e5ef97470eb573c1eca46c486b9f3186b6323ece7e9"
	    "cce31ccf5d50e1e03438321852d561fc03411e489c2d1f3c04e3ecb844ed7d35e1755a98cc4e2b2dbb8cde6b"
	    "6d69969c75da681c39673cb593e7272570d26d41062764a8e59408084eeee0a690e1fe6b3feb08bec4577dfc"
	    "9f6e188b543893725dee4361e8b4d0ddb3de112063fcd3db7e1c9ec27a92231416dc68", sig), 255);
	CHECK_INT(_libssh2_rsa_sha2_verify(rsa, 32, sig, 255, (const uint8_t *)text, strlen(text)), 0);
	_libssh2_rsa_free(rsa);
}

/* Each of these is a proper RSA operation on a badly padded message: Bleichenbacher's forgery
 * of 2006 (bytes after the digest), a byte too few of padding with one after, padding of type 2,
 * a wrong byte in the padding, another hash's name. */
TEST(forged_padding_is_refused)
{
	CHECK(verify(32, 
	    "2260c0879f085b54844b20c6f3034d17345118100b865ad5fc12e3bb7d95216e268830238c4a2b3214e9285d"
	    "a57f3d25fa5ed01bf08d9e80c90328647c9d98d1c7ccfcb9816c8932ada528e699055631603d9218b81a5a80"
	    "cf93f7fe7fed7379a376e382a57f744914a137f4ce2c92c91c84cea5cabe5ecb8a6cc711fd7f9b7bc6c51e5a"
	    "5aa6c8708b0c2141905426ebc60b6dea47e7bd026865d5c44f1f8372616d264624bbd60855dcc50707093bb5"
	    "b8e193bd03522c68a810375d3bb888423152c3fee5ef9531dddb29469a3fef7bf75ebaacaab72953d567634d"
	    "d859da27c50007799766b392bd348141e04fcd579bb600faf8035bddc83aad1912c1c4a3") != 0);
	CHECK(verify(32, 
	    "6e57b82b713f7a6796353e5fc3701f73ad4c659894e5fdbca04d0f2860d2f031288ac05334cf311462742f86"
	    "2368d22b1c392477d0b5b9852ef1c0e81f232843c9c2ae29634ba3763bbcba3bddefb68cec2f4f2e2bc2bcf4"
	    "2fe276d91af5e660de6dfae0a2ccc98252cd798edb597c4d1145aac0b4c5df9b88491ce9306c205cc70ea929"
	    "d2940aa9329589b4fb7655efe60d24831f9e08ffb7ba3338656c8f520dafd68c7b14805d48ee9ddf399b7f42"
	    "2adde83dde3238081c0b22262818ce553151a33cfb8d97039a5117c9f1546743bf3cb1431284f266e216c283"
	    "22715ad3d84bb7c0735537fec98cff40795145e2c8af696734de645cb40b7926511df807") != 0);
	CHECK(verify(32, 
	    "3f9d35d8b480dfb8e2b80b1413c7eb591d74aac205e8a4d83673c0468b28ca9d2021d790570b848ff191946d"
	    "a46920e0d81699d05aa32eed716fd8338249e1d2ca3f528a6f3cd63c6cb3a3026f0953e93e61d064486ebeab"
	    "c77b80cffd86a3d197a9e75c849877a349eaddf662c44a977ec602f85ad12a032daf8f4fdaf16fad83afd596"
	    "a5aff3dc01a4512f61c2f26f1ce0c72fee05f9d9062ec1e70d89e9d2d030f89bf4af2c779fb69c5783620b99"
	    "232f67e9a79466456dcae7ded67dc569dad331d671c43604a80efe25d710198805e91654f1b738ee82f24ae2"
	    "e2974a90b0203ad2a3a39ee78002cf452dcaa3e6d2412aac171fa98861f02246626f383e") != 0);
	CHECK(verify(32, 
	    "8498b0a4036b30f7d59d83ade21e7d73cdf0ceecd392003f34821ea205f840fe712ab6de3a46ce6a30ef0e37"
	    "e447fabb193292f8bc3155ed444793e2e1281dfca3a508264e6fa75b2af64c0655912ca76c6cf79bf0de6606"
	    "f4e7eb5d3cbe5fc5d32e790bb29ea2b563576a65521a59a1c723d7dbc1df9b8045f8937e51af41945980dd2d"
	    "2860b0b3a7d2f079c4931f43a628a4173aea2b9555bde1f85fd9717892da186e386c9f3a286f61e8f6f3845a"
	    "1f8b520c003493ed61f786414c13df4711140ff81932b2dea003bf22171483d123426dee4b02851951cef1d9"
	    "c974e4b8ec16a5685b1f5955416ca365e504404fba5f84fe7775973ebf7b6b51e34c1100") != 0);
	CHECK(verify(32, 
	    "96b44f191c56a318ab40044d1bf2dddab3abf5978cae1bc42846e14dfbbe947a9d751b76878e1aaad539a78d"
	    "b4e1423a399c4d0edab674dde656d82817b2236d65850284264db76cce5245a68936037f80a2d22fc443eac5"
	    "f4b2f62e0120d0bbc91f107e962a1b31e24687202b63ecc979a11c96562dfd23f9b83195f9f43cdaeb4d5bea"
	    "93e3a7db0d0a4c9a313824d9f3a3b4bdaee7222ca7dd93277eb29b394df44b492a4ebd61ccf0d6294ca91ed4"
	    "e6328576845f91e4793e28460d3673f3813357b0f29b0ca57eb4674d330876c3b0501e8d07b0e6f9c74cf1b0"
	    "943b169d4e2f67d8a5676246411e968d10fd8b392680abe5ff1355d79fc782c80d6aa080") != 0);
}

TEST(signatures_of_other_lengths_are_refused)
{
	struct rsa *rsa = public_key();
	uint8_t sig[257];
	size_t len;

	memset(sig, 0, sizeof(sig));
	unhex(good_sha256, sig + 1);
	CHECK(_libssh2_rsa_sha2_verify(rsa, 32, sig, 257, message, MESSAGE_LEN) != 0);
	for (len = 0; len < 256; len++)
		CHECK(_libssh2_rsa_sha2_verify(rsa, 32, sig + 1, len, message, MESSAGE_LEN) != 0);
	memset(sig, 0xff, sizeof(sig)); /* larger than the modulus */
	CHECK(_libssh2_rsa_sha2_verify(rsa, 32, sig, 256, message, MESSAGE_LEN) != 0);
	_libssh2_rsa_free(rsa);
}

TEST(weak_or_odd_keys_are_refused)
{
	static const uint8_t e[] = {1, 0, 1}, one[] = {1}, even[] = {4}, long_e[9] = {1, 0, 0, 0, 0, 0, 0, 0, 1};
	uint8_t n[513];
	struct rsa rsa;

	memset(n, 0xff, sizeof(n));
	CHECK_INT(rsa_set_public(&rsa, n, 256, e, sizeof(e)), 0);
	CHECK_INT(rsa_set_public(&rsa, n, 512, e, sizeof(e)), 0);
	CHECK(rsa_set_public(&rsa, n, 513, e, sizeof(e)) != 0); /* 4104 bits */
	CHECK(rsa_set_public(&rsa, n, 255, e, sizeof(e)) != 0); /* 2040 bits */
	CHECK(rsa_set_public(&rsa, n, 0, e, sizeof(e)) != 0);
	CHECK(rsa_set_public(&rsa, n, 256, e, 0) != 0);
	CHECK(rsa_set_public(&rsa, n, 256, one, sizeof(one)) != 0);
	CHECK(rsa_set_public(&rsa, n, 256, even, sizeof(even)) != 0);
	CHECK(rsa_set_public(&rsa, n, 256, long_e, sizeof(long_e)) != 0);
	n[255] = 0xfe;
	CHECK(rsa_set_public(&rsa, n, 256, e, sizeof(e)) != 0);
}

TEST(a_public_key_does_not_sign)
{
	LIBSSH2_SESSION *session = libssh2_session_init();
	struct rsa *rsa = public_key();
	uint8_t hash[32] = {0};
	uint8_t *sig;
	size_t len;

	REQUIRE(session != NULL);
	CHECK(_libssh2_rsa_sha2_sign(session, rsa, hash, sizeof(hash), &sig, &len) != 0);
	CHECK(_libssh2_rsa_sha1_sign(session, rsa, hash, 20, &sig, &len) != 0);
	CHECK_INT(libssh2_session_last_errno(session), LIBSSH2_ERROR_ALGO_UNSUPPORTED);
	_libssh2_rsa_free(rsa);
	libssh2_session_free(session);
}

int
main(void)
{
	CHECK_INT(libssh2_init(0), 0);
	RUN(good_signatures);
	RUN(another_hash_or_message_is_refused);
	RUN(signature_without_its_leading_zero);
	RUN(forged_padding_is_refused);
	RUN(signatures_of_other_lengths_are_refused);
	RUN(weak_or_odd_keys_are_refused);
	RUN(a_public_key_does_not_sign);
	return unit_done();
}
