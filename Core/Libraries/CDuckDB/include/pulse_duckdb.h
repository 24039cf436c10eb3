// The part of DuckDB's C API that Pulse uses, called through a library that is opened at run time.
//
// Each function has DuckDB's name and meaning, and is documented there. They may be called only after `pulse_duckdb_load`
// has succeeded.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t idx_t;

typedef enum { DUCKDB_SUCCESS = 0, DUCKDB_FAILURE = 1 } duckdb_state;

typedef enum {
    DUCKDB_TYPE_INVALID = 0,
    DUCKDB_TYPE_BOOLEAN = 1,
    DUCKDB_TYPE_TINYINT = 2,
    DUCKDB_TYPE_SMALLINT = 3,
    DUCKDB_TYPE_INTEGER = 4,
    DUCKDB_TYPE_BIGINT = 5,
    DUCKDB_TYPE_UTINYINT = 6,
    DUCKDB_TYPE_USMALLINT = 7,
    DUCKDB_TYPE_UINTEGER = 8,
    DUCKDB_TYPE_UBIGINT = 9,
    DUCKDB_TYPE_FLOAT = 10,
    DUCKDB_TYPE_DOUBLE = 11,
    DUCKDB_TYPE_TIMESTAMP = 12,
    DUCKDB_TYPE_DATE = 13,
    DUCKDB_TYPE_HUGEINT = 16,
    DUCKDB_TYPE_VARCHAR = 17,
    DUCKDB_TYPE_DECIMAL = 19,
    DUCKDB_TYPE_TIMESTAMP_S = 20,
    DUCKDB_TYPE_TIMESTAMP_MS = 21,
    DUCKDB_TYPE_TIMESTAMP_NS = 22,
    DUCKDB_TYPE_LIST = 24,
    DUCKDB_TYPE_TIMESTAMP_TZ = 31,
    DUCKDB_TYPE_UHUGEINT = 32,
    DUCKDB_TYPE_SQLNULL = 36
} duckdb_type;

typedef enum {
    DUCKDB_STATEMENT_TYPE_SELECT = 1,
    DUCKDB_STATEMENT_TYPE_INSERT = 2,
    DUCKDB_STATEMENT_TYPE_UPDATE = 3,
    DUCKDB_STATEMENT_TYPE_EXPLAIN = 4,
    DUCKDB_STATEMENT_TYPE_DELETE = 5,
    DUCKDB_STATEMENT_TYPE_CREATE = 7,
    DUCKDB_STATEMENT_TYPE_ALTER = 9,
    DUCKDB_STATEMENT_TYPE_CREATE_FUNC = 14,
    DUCKDB_STATEMENT_TYPE_DROP = 15,
    DUCKDB_STATEMENT_TYPE_MERGE_INTO = 30
} duckdb_statement_type;

typedef enum {
    DUCKDB_PENDING_RESULT_READY = 0,
    DUCKDB_PENDING_RESULT_NOT_READY = 1,
    DUCKDB_PENDING_ERROR = 2,
    DUCKDB_PENDING_NO_TASKS_AVAILABLE = 3
} duckdb_pending_state;

// Opaque handles; only the library looks inside.
typedef struct pulse_duckdb_database_s { void *internal; } *duckdb_database;
typedef struct pulse_duckdb_connection_s { void *internal; } *duckdb_connection;
typedef struct pulse_duckdb_config_s { void *internal; } *duckdb_config;
typedef struct pulse_duckdb_prepared_s { void *internal; } *duckdb_prepared_statement;
typedef struct pulse_duckdb_pending_s { void *internal; } *duckdb_pending_result;
typedef struct pulse_duckdb_type_s { void *internal; } *duckdb_logical_type;
typedef struct pulse_duckdb_chunk_s { void *internal; } *duckdb_data_chunk;
typedef struct pulse_duckdb_vector_s { void *internal; } *duckdb_vector;
typedef struct pulse_duckdb_value_s { void *internal; } *duckdb_value;
typedef struct pulse_duckdb_table_function_s { void *internal; } *duckdb_table_function;
typedef struct pulse_duckdb_bind_s { void *internal; } *duckdb_bind_info;
typedef struct pulse_duckdb_init_s { void *internal; } *duckdb_init_info;
typedef struct pulse_duckdb_function_s { void *internal; } *duckdb_function_info;

typedef void (*duckdb_delete_callback_t)(void *data);
typedef void (*duckdb_table_function_bind_t)(duckdb_bind_info info);
typedef void (*duckdb_table_function_init_t)(duckdb_init_info info);
typedef void (*duckdb_table_function_t)(duckdb_function_info info, duckdb_data_chunk output);

// Passed by value, so its size is part of the interface. The first five members are deprecated fields of old versions.
typedef struct {
    idx_t unused_counts[3];
    void *unused_columns;
    char *unused_error;
    void *internal;
} duckdb_result;

typedef struct {
    uint64_t lower;
    int64_t upper;
} duckdb_hugeint;

typedef struct {
    uint64_t offset;
    uint64_t length;
} duckdb_list_entry;

// A string in a vector: up to 12 bytes are stored inline; of longer ones, the first 4 and a pointer to the whole string.
typedef struct {
    uint32_t length;
    char prefix[4];
    const char *pointer;
} duckdb_string_t;

// F(result, name, parameters, arguments), once per function; defines the table, how it is loaded, and the wrappers.
#define PULSE_DUCKDB_FUNCTIONS(F) \
    F(const char *, library_version, (void), ()) \
    F(void, free, (void *pointer), (pointer)) \
    F(idx_t, vector_size, (void), ()) \
    /* Databases and connections */ \
    F(duckdb_state, create_config, (duckdb_config *out), (out)) \
    F(duckdb_state, set_config, (duckdb_config config, const char *name, const char *value), (config, name, value)) \
    F(void, destroy_config, (duckdb_config *config), (config)) \
    F(duckdb_state, open_ext, (const char *path, duckdb_database *out, duckdb_config config, char **out_error), \
        (path, out, config, out_error)) \
    F(void, close, (duckdb_database *database), (database)) \
    F(duckdb_state, connect, (duckdb_database database, duckdb_connection *out), (database, out)) \
    F(void, disconnect, (duckdb_connection *connection), (connection)) \
    F(void, interrupt, (duckdb_connection connection), (connection)) \
    /* Statements */ \
    F(duckdb_state, query, (duckdb_connection connection, const char *text, duckdb_result *out), (connection, text, out)) \
    F(duckdb_state, prepare, (duckdb_connection connection, const char *text, duckdb_prepared_statement *out), \
        (connection, text, out)) \
    F(void, destroy_prepare, (duckdb_prepared_statement *statement), (statement)) \
    F(const char *, prepare_error, (duckdb_prepared_statement statement), (statement)) \
    F(idx_t, nparams, (duckdb_prepared_statement statement), (statement)) \
    F(duckdb_statement_type, prepared_statement_type, (duckdb_prepared_statement statement), (statement)) \
    F(duckdb_state, clear_bindings, (duckdb_prepared_statement statement), (statement)) \
    F(duckdb_state, bind_null, (duckdb_prepared_statement statement, idx_t index), (statement, index)) \
    F(duckdb_state, bind_boolean, (duckdb_prepared_statement statement, idx_t index, bool value), \
        (statement, index, value)) \
    F(duckdb_state, bind_int64, (duckdb_prepared_statement statement, idx_t index, int64_t value), \
        (statement, index, value)) \
    F(duckdb_state, bind_hugeint, (duckdb_prepared_statement statement, idx_t index, duckdb_hugeint value), \
        (statement, index, value)) \
    F(duckdb_state, bind_double, (duckdb_prepared_statement statement, idx_t index, double value), \
        (statement, index, value)) \
    F(duckdb_state, bind_varchar_length, \
        (duckdb_prepared_statement statement, idx_t index, const char *text, idx_t length), \
        (statement, index, text, length)) \
    F(duckdb_state, bind_value, (duckdb_prepared_statement statement, idx_t index, duckdb_value value), \
        (statement, index, value)) \
    F(duckdb_state, pending_prepared, (duckdb_prepared_statement statement, duckdb_pending_result *out), (statement, out)) \
    F(duckdb_state, pending_prepared_streaming, (duckdb_prepared_statement statement, duckdb_pending_result *out), (statement, out)) \
    F(duckdb_pending_state, pending_execute_task, (duckdb_pending_result pending), (pending)) \
    F(duckdb_state, execute_pending, (duckdb_pending_result pending, duckdb_result *out), (pending, out)) \
    F(const char *, pending_error, (duckdb_pending_result pending), (pending)) \
    F(void, destroy_pending, (duckdb_pending_result *pending), (pending)) \
    /* Values, for lists as parameters */ \
    F(duckdb_value, create_int64, (int64_t value), (value)) \
    F(duckdb_value, create_varchar_length, (const char *text, idx_t length), (text, length)) \
    F(duckdb_value, create_list_value, (duckdb_logical_type element, duckdb_value *values, idx_t count), \
        (element, values, count)) \
    F(void, destroy_value, (duckdb_value *value), (value)) \
    /* Results */ \
    F(void, destroy_result, (duckdb_result *result), (result)) \
    F(const char *, result_error, (duckdb_result *result), (result)) \
    F(idx_t, column_count, (duckdb_result *result), (result)) \
    F(const char *, column_name, (duckdb_result *result, idx_t column), (result, column)) \
    F(duckdb_logical_type, column_logical_type, (duckdb_result *result, idx_t column), (result, column)) \
    F(duckdb_data_chunk, fetch_chunk, (duckdb_result result), (result)) \
    /* Types */ \
    F(duckdb_logical_type, create_logical_type, (duckdb_type type), (type)) \
    F(void, destroy_logical_type, (duckdb_logical_type *type), (type)) \
    F(duckdb_type, get_type_id, (duckdb_logical_type type), (type)) \
    F(duckdb_type, decimal_internal_type, (duckdb_logical_type type), (type)) \
    F(uint8_t, decimal_scale, (duckdb_logical_type type), (type)) \
    F(duckdb_logical_type, list_type_child_type, (duckdb_logical_type type), (type)) \
    /* Chunks and vectors */ \
    F(void, destroy_data_chunk, (duckdb_data_chunk *chunk), (chunk)) \
    F(idx_t, data_chunk_get_size, (duckdb_data_chunk chunk), (chunk)) \
    F(void, data_chunk_set_size, (duckdb_data_chunk chunk, idx_t size), (chunk, size)) \
    F(duckdb_vector, data_chunk_get_vector, (duckdb_data_chunk chunk, idx_t column), (chunk, column)) \
    F(void *, vector_get_data, (duckdb_vector vector), (vector)) \
    F(uint64_t *, vector_get_validity, (duckdb_vector vector), (vector)) \
    F(void, vector_ensure_validity_writable, (duckdb_vector vector), (vector)) \
    F(void, vector_assign_string_element_len, \
        (duckdb_vector vector, idx_t index, const char *text, idx_t length), (vector, index, text, length)) \
    F(duckdb_vector, list_vector_get_child, (duckdb_vector vector), (vector)) \
    /* Table functions */ \
    F(duckdb_table_function, create_table_function, (void), ()) \
    F(void, destroy_table_function, (duckdb_table_function *function), (function)) \
    F(void, table_function_set_name, (duckdb_table_function function, const char *name), (function, name)) \
    F(void, table_function_set_extra_info, \
        (duckdb_table_function function, void *data, duckdb_delete_callback_t destroy), (function, data, destroy)) \
    F(void, table_function_set_bind, (duckdb_table_function function, duckdb_table_function_bind_t bind), (function, bind)) \
    F(void, table_function_set_init, (duckdb_table_function function, duckdb_table_function_init_t init), (function, init)) \
    F(void, table_function_set_function, (duckdb_table_function function, duckdb_table_function_t body), (function, body)) \
    F(duckdb_state, register_table_function, (duckdb_connection connection, duckdb_table_function function), \
        (connection, function)) \
    F(void *, bind_get_extra_info, (duckdb_bind_info info), (info)) \
    F(void, bind_add_result_column, (duckdb_bind_info info, const char *name, duckdb_logical_type type), (info, name, type)) \
    F(void, init_set_max_threads, (duckdb_init_info info, idx_t threads), (info, threads)) \
    F(void *, function_get_extra_info, (duckdb_function_info info), (info)) \
    F(void, function_set_error, (duckdb_function_info info, const char *text), (info, text))

typedef struct {
#define PULSE_DUCKDB_FIELD(result, name, parameters, arguments) result(*name) parameters;
    PULSE_DUCKDB_FUNCTIONS(PULSE_DUCKDB_FIELD)
#undef PULSE_DUCKDB_FIELD
} pulse_duckdb_functions;

extern pulse_duckdb_functions pulse_duckdb;

#define PULSE_DUCKDB_WRAPPER(result, name, parameters, arguments) \
    static inline result duckdb_##name parameters { return pulse_duckdb.name arguments; }
PULSE_DUCKDB_FUNCTIONS(PULSE_DUCKDB_WRAPPER)
#undef PULSE_DUCKDB_WRAPPER

// Opens the library at `path` (or, for a bare name, wherever the dynamic linker finds it) and fills the table of functions.
// Returns NULL on success, otherwise an error message that the caller must `free`. Call it only once per process.
char *pulse_duckdb_load(const char *path);

// The file that the library was loaded from; NULL until it is loaded.
const char *pulse_duckdb_file(void);

#ifdef __cplusplus
}
#endif
