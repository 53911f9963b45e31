#include "CSealing.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int seal(EVP_CIPHER_CTX *context, const unsigned char *nonce, const unsigned char *associated, int associated_length,
                const unsigned char *text, unsigned char *sealed, int length, unsigned char *tag) {
  int written;
  return EVP_EncryptInit_ex2(context, NULL, NULL, nonce, NULL) == 1 &&
         EVP_EncryptUpdate(context, NULL, &written, associated, associated_length) == 1 &&
         EVP_EncryptUpdate(context, sealed, &written, text, length) == 1 &&
         EVP_EncryptFinal_ex(context, sealed + length, &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
}

static int open_sealed(EVP_CIPHER_CTX *context, const unsigned char *nonce, const unsigned char *associated,
                       int associated_length, const unsigned char *sealed, unsigned char *text, int length,
                       unsigned char *tag) {
  int written;
  return EVP_DecryptInit_ex2(context, NULL, NULL, nonce, NULL) == 1 &&
         EVP_DecryptUpdate(context, NULL, &written, associated, associated_length) == 1 &&
         EVP_DecryptUpdate(context, text, &written, sealed, length) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, tag) == 1 &&
         EVP_DecryptFinal_ex(context, text + length, &written) == 1;
}

int64_t csealing_loop(int64_t length, int64_t associated, int64_t count, int opens) {
  unsigned char key[32], nonce[12], tag[16];
  memset(key, 1, sizeof key);
  memset(nonce, 2, sizeof nonce);
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
  EVP_CIPHER_CTX *sealing = EVP_CIPHER_CTX_new(), *opening = EVP_CIPHER_CTX_new();
  unsigned char *text = calloc(1, (size_t)length + 16), *sealed = calloc(1, (size_t)length + 16);
  unsigned char *data = calloc(1, (size_t)associated + 1);
  int64_t result = -1;
  if (cipher && sealing && opening && text && sealed && data &&
      EVP_EncryptInit_ex2(sealing, cipher, key, NULL, NULL) == 1 &&
      EVP_DecryptInit_ex2(opening, cipher, key, NULL, NULL) == 1) {
    int good = seal(sealing, nonce, data, (int)associated, text, sealed, (int)length, tag);
    int64_t start = now();
    for (int64_t round = 0; round < count && good; round++) {
      good = opens ? open_sealed(opening, nonce, data, (int)associated, sealed, text, (int)length, tag)
                   : seal(sealing, nonce, data, (int)associated, text, sealed, (int)length, tag);
    }
    if (good) result = now() - start;
  }
  free(data);
  free(sealed);
  free(text);
  EVP_CIPHER_CTX_free(opening);
  EVP_CIPHER_CTX_free(sealing);
  EVP_CIPHER_free(cipher);
  return result;
}
