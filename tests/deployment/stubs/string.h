// As much of the C library's header as generated code touches: a core without an
// operating system has none.
#ifndef STUBS_STRING_H_
#define STUBS_STRING_H_

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void* memcpy(void* to, const void* from, size_t bytes);
int strcmp(const char* one, const char* other);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // STUBS_STRING_H_
