#define _GNU_SOURCE
#include "pulse_duckdb.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

pulse_duckdb_functions pulse_duckdb;

// All stand-ins for CPython. Referring to them here keeps every linker from dropping them.
extern const void *const pulse_python_symbols[];
extern const size_t pulse_python_symbol_count;

static char *file;

const char *pulse_duckdb_file(void) { return file; }

static char *failure(const char *format, const char *path, const char *what) {
    char *text = NULL;
    return asprintf(&text, format, path, what) < 0 ? strdup("out of memory") : text;
}

// The dynamic linker's description of the last error; the linker owns the string.
static const char *reason(void) {
    const char *text = dlerror();
    return text ? text : "no reason given";
}

char *pulse_duckdb_load(const char *path) {
    // The wheel's library resolves CPython's symbols while it is opened, so they must be visible to it.
    for (size_t index = 0; index < pulse_python_symbol_count; index++) {
        if (pulse_python_symbols[index] == NULL) return strdup("a stand-in for CPython has no address");
    }
    // RTLD_LAZY, because functions that are never called need no definition. Not RTLD_GLOBAL, because the library contains
    // C++ symbols that must not be visible to others.
    void *handle = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL) return failure("%s can't be opened: %s", path, reason());

    pulse_duckdb_functions loaded;
#define PULSE_DUCKDB_FIND(result, name, parameters, arguments) \
    loaded.name = (result(*) parameters)dlsym(handle, "duckdb_" #name); \
    if (loaded.name == NULL) { \
        dlclose(handle); \
        return failure("%s has no function %s; Pulse needs DuckDB 1.5 or newer", path, "duckdb_" #name); \
    }
    PULSE_DUCKDB_FUNCTIONS(PULSE_DUCKDB_FIND)
#undef PULSE_DUCKDB_FIND

    Dl_info info;
    const char *where = dladdr((void *)loaded.library_version, &info) != 0 ? info.dli_fname : path;
    file = strdup(where);
    pulse_duckdb = loaded;
    return NULL;
}
