#ifndef STUBS_MICRO_LOG_H_
#define STUBS_MICRO_LOG_H_

void MicroPrintf(const char* format, ...);

#endif  // STUBS_MICRO_LOG_H_
