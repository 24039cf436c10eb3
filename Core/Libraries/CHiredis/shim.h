#include <hiredis/hiredis.h>
/* Not in Swift's module of the C library: wakes a thread that waits for its connection. */
#include <sys/eventfd.h>
