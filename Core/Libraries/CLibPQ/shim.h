#include <postgresql/libpq-fe.h>
/* Not in Swift's module of the C library: wakes a thread that waits for its connection. */
#include <sys/eventfd.h>
