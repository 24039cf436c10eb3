#define _GNU_SOURCE
#include "pulse_duckdb.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pulse_duckdb_functions pulse_duckdb;

// All stand-ins for CPython; to name them here keeps every linker from leaving them out.
extern const void *const pulse_python_symbols[];
extern const size_t pulse_python_symbol_count;

static char *file;

const char *pulse_duckdb_file(void) { return file; }

static char *failure(const char *format, const char *path, const char *what) {
    char *text = NULL;
    return asprintf(&text, format, path, what) < 0 ? strdup("out of memory") : text;
}

// The library's text about the last error, which belongs to the dynamic linker.
static const char *reason(void) {
    const char *text = dlerror();
    return text ? text : "no reason given";
}

char *pulse_duckdb_load(const char *path) {
    // The wheel's library looks for CPython's symbols while it is opened; they must be visible to it.
    for (size_t index = 0; index < pulse_python_symbol_count; index++) {
        if (pulse_python_symbols[index] == NULL) return strdup("a stand-in for CPython has no address");
    }
    // Lazily, as functions that are never called need no definition; and not RTLD_GLOBAL, as the library brings symbols
    // of C++ that are nobody else's business.
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) return failure("%s can't be opened: %s", path, reason());

    pulse_duckdb_functions found;
#define PULSE_DUCKDB_FIND(result, name, parameters, arguments) \
    found.name = (result(*) parameters)dlsym(handle, "duckdb_" #name); \
    if (found.name == NULL) { \
        dlclose(handle); \
        return failure("%s has no function %s; Pulse needs DuckDB 1.5 or newer", path, "duckdb_" #name); \
    }
    PULSE_DUCKDB_FUNCTIONS(PULSE_DUCKDB_FIND)
#undef PULSE_DUCKDB_FIND

    Dl_info info;
    const char *where = dladdr((void *)found.library_version, &info) != 0 ? info.dli_fname : path;
    file = strdup(where);
    pulse_duckdb = found;
    return NULL;
}
