// Stand-ins for CPython symbols. DuckDB's library from the Python wheel refers to them, but its C API never calls them.
//
// The wheel's module contains the whole engine, its C API and the Python bindings in one shared object, and expects the
// program that opens it to provide CPython's symbols. Pulse's executables export these definitions
// (`--export-dynamic-symbol`, see Package.swift). None is ever used: a function that is called anyway says so and aborts.
//
// The names are those that `nm -D --undefined-only` shows for the wheels of DuckDB 1.5.6 and 2.0.0.
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define EXPORTED __attribute__((used, visibility("default")))

#define FUNCTIONS(F) \
    F(PyBuffer_IsContiguous) F(PyBuffer_Release) F(PyByteArray_AsString) F(PyByteArray_FromStringAndSize) \
    F(PyByteArray_Size) F(PyBytes_AsString) F(PyBytes_AsStringAndSize) F(PyBytes_FromObject) \
    F(PyBytes_FromString) F(PyBytes_FromStringAndSize) F(PyBytes_Size) F(PyCMethod_New) F(PyCallable_Check) \
    F(PyCapsule_GetContext) F(PyCapsule_GetName) F(PyCapsule_GetPointer) F(PyCapsule_Import) \
    F(PyCapsule_IsValid) F(PyCapsule_New) F(PyCapsule_SetContext) F(PyCapsule_SetDestructor) F(PyDict_Contains) \
    F(PyDict_DelItem) F(PyDict_GetItem) F(PyDict_GetItemString) F(PyDict_GetItemWithError) F(PyDict_New) \
    F(PyDict_Next) F(PyDict_SetDefault) F(PyDict_SetItem) F(PyDict_SetItemString) F(PyDict_Size) \
    F(PyDict_Update) F(PyErr_CheckSignals) F(PyErr_Clear) F(PyErr_ExceptionMatches) F(PyErr_Fetch) \
    F(PyErr_Format) F(PyErr_FormatV) F(PyErr_GivenExceptionMatches) F(PyErr_NewException) F(PyErr_NoMemory) \
    F(PyErr_NormalizeException) F(PyErr_Occurred) F(PyErr_Print) F(PyErr_PrintEx) F(PyErr_Restore) \
    F(PyErr_SetObject) F(PyErr_SetString) F(PyErr_WarnEx) F(PyErr_WarnFormat) F(PyErr_WriteUnraisable) \
    F(PyEval_AcquireThread) F(PyEval_EvalCode) F(PyEval_GetBuiltins) F(PyEval_RestoreThread) \
    F(PyEval_SaveThread) F(PyException_GetTraceback) F(PyException_SetCause) F(PyException_SetContext) \
    F(PyException_SetTraceback) F(PyFloat_AsDouble) F(PyFloat_FromDouble) F(PyFrame_GetBack) F(PyFrame_GetCode) \
    F(PyFrame_GetLineNumber) F(PyGILState_Check) F(PyGILState_Ensure) F(PyGILState_GetThisThreadState) \
    F(PyGILState_Release) F(PyImport_AddModule) F(PyImport_GetModule) F(PyImport_GetModuleDict) \
    F(PyImport_ImportModule) F(PyIndex_Check) F(PyInstanceMethod_New) F(PyInterpreterState_Get) \
    F(PyInterpreterState_GetDict) F(PyIter_Next) F(PyList_Append) F(PyList_AsTuple) F(PyList_GetItem) \
    F(PyList_New) F(PyList_SetItem) F(PyList_Size) F(PyLong_AsLong) F(PyLong_AsLongLongAndOverflow) \
    F(PyLong_AsUnsignedLong) F(PyLong_AsUnsignedLongLong) F(PyLong_AsUnsignedLongLongMask) F(PyLong_FromLong) \
    F(PyLong_FromLongLong) F(PyLong_FromSize_t) F(PyLong_FromSsize_t) F(PyLong_FromString) \
    F(PyLong_FromUnsignedLong) F(PyLong_FromUnsignedLongLong) F(PyLong_FromVoidPtr) F(PyMem_Calloc) \
    F(PyMem_Free) F(PyMem_Malloc) F(PyMemoryView_FromObject) F(PyModuleDef_Init) F(PyModule_AddObject) \
    F(PyModule_AddObjectRef) F(PyModule_GetDef) F(PyModule_GetDict) F(PyModule_GetFilenameObject) \
    F(PyModule_GetName) F(PyModule_GetState) F(PyModule_NewObject) F(PyNumber_Add) F(PyNumber_Check) \
    F(PyNumber_Float) F(PyNumber_InPlaceOr) F(PyNumber_Index) F(PyNumber_Invert) F(PyNumber_Long) \
    F(PyNumber_Lshift) F(PyNumber_Rshift) F(PyNumber_Subtract) F(PyObject_Call) F(PyObject_CallFunctionObjArgs) \
    F(PyObject_CallNoArgs) F(PyObject_CallObject) F(PyObject_ClearWeakRefs) F(PyObject_Free) F(PyObject_GC_Del) \
    F(PyObject_GC_Track) F(PyObject_GC_UnTrack) F(PyObject_GenericGetAttr) F(PyObject_GenericGetDict) \
    F(PyObject_GenericSetDict) F(PyObject_GetAttr) F(PyObject_GetAttrString) F(PyObject_GetBuffer) \
    F(PyObject_GetItem) F(PyObject_GetIter) F(PyObject_HasAttr) F(PyObject_HasAttrString) F(PyObject_Hash) \
    F(PyObject_Init) F(PyObject_IsInstance) F(PyObject_IsSubclass) F(PyObject_IsTrue) F(PyObject_Malloc) \
    F(PyObject_Realloc) F(PyObject_Repr) F(PyObject_RichCompareBool) F(PyObject_SetAttr) \
    F(PyObject_SetAttrString) F(PyObject_SetItem) F(PyObject_Size) F(PyObject_Str) F(PyObject_Vectorcall) \
    F(PyObject_VectorcallMethod) F(PySequence_Check) F(PySequence_Contains) F(PySequence_GetItem) \
    F(PySequence_List) F(PySequence_Size) F(PySequence_Tuple) F(PySet_Add) F(PySet_New) F(PySys_GetObject) \
    F(PyThreadState_Clear) F(PyThreadState_DeleteCurrent) F(PyThreadState_New) F(PyThread_tss_create) \
    F(PyThread_tss_delete) F(PyThread_tss_get) F(PyThread_tss_set) F(PyTuple_GetItem) F(PyTuple_New) \
    F(PyTuple_Pack) F(PyTuple_SetItem) F(PyTuple_Size) F(PyType_FromSpec) F(PyType_GenericAlloc) \
    F(PyType_GenericNew) F(PyType_GetFlags) F(PyType_GetName) F(PyType_GetSlot) F(PyType_IsSubtype) \
    F(PyType_Ready) F(PyUnicodeEncodeError_GetStart) F(PyUnicode_AsEncodedString) F(PyUnicode_AsUTF8AndSize) \
    F(PyUnicode_AsUTF8String) F(PyUnicode_Compare) F(PyUnicode_DecodeUTF8) F(PyUnicode_FromFormat) \
    F(PyUnicode_FromString) F(PyUnicode_FromStringAndSize) F(PyUnicode_InternFromString) \
    F(PyUnicode_InternInPlace) F(PyUnicode_ReadChar) F(PyVectorcall_Call) F(PyWeakref_NewRef) F(Py_AtExit) \
    F(Py_BuildValue) F(Py_CompileStringExFlags) F(Py_GenericAlias) F(Py_GetVersion) F(_PyObject_GC_New) \
    F(_PyObject_GetDictPtr) F(_PyObject_LookupAttr) F(_PyObject_New) F(_PyThreadState_UncheckedGet) \
    F(_PyType_Lookup) F(_Py_Dealloc)

// Types, exceptions and singletons: objects of which only the address is used.
#define OBJECTS(F) \
    F(PyBaseObject_Type) F(PyBool_Type) F(PyByteArray_Type) F(PyBytes_Type) F(PyCFunction_Type) \
    F(PyCapsule_Type) F(PyDict_Type) F(PyExc_AttributeError) F(PyExc_BufferError) F(PyExc_DeprecationWarning) \
    F(PyExc_Exception) F(PyExc_ImportError) F(PyExc_IndexError) F(PyExc_KeyError) F(PyExc_MemoryError) \
    F(PyExc_ModuleNotFoundError) F(PyExc_NotImplementedError) F(PyExc_OverflowError) F(PyExc_ResourceWarning) \
    F(PyExc_RuntimeError) F(PyExc_RuntimeWarning) F(PyExc_StopIteration) F(PyExc_SystemError) F(PyExc_TypeError) \
    F(PyExc_UnicodeEncodeError) F(PyExc_ValueError) F(PyFloat_Type) F(PyFrozenSet_Type) F(PyGen_Type) \
    F(PyInstanceMethod_Type) F(PyList_Type) F(PyLong_Type) F(PyMemoryView_Type) F(PyMethod_Type) \
    F(PyModule_Type) F(PyProperty_Type) F(PySet_Type) F(PyTuple_Type) F(PyType_Type) F(PyUnicode_Type) \
    F(Py_GenericAliasType) F(_PyWeakref_RefType) F(_Py_FalseStruct) F(_Py_NoneStruct) \
    F(_Py_NotImplementedStruct) F(_Py_TrueStruct)

static void stop(const char *name) {
    fprintf(stderr, "pulse: DuckDB called CPython's %s, which Pulse does not provide. The library must be used through its C API.\n", name);
    abort();
}

#define FUNCTION(name) \
    EXPORTED void name(void); \
    void name(void) { stop(#name); }
FUNCTIONS(FUNCTION)

// 512 zeroed bytes each: none of these CPython objects is larger.
#define OBJECT(name) EXPORTED _Alignas(16) char name[512];
OBJECTS(OBJECT)

#define FUNCTION_ADDRESS(name) (const void *)name,
#define OBJECT_ADDRESS(name) name,
const void *const pulse_python_symbols[] = {FUNCTIONS(FUNCTION_ADDRESS) OBJECTS(OBJECT_ADDRESS)};
const size_t pulse_python_symbol_count = sizeof(pulse_python_symbols) / sizeof(pulse_python_symbols[0]);
