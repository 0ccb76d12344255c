/* SPDX-License-Identifier: MIT */
/* tallymark: writes a number as tally marks. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define MARKS_MAX 1000

static PyObject *
draw(PyObject *self, PyObject *args)
{
	char marks[2 * MARKS_MAX];
	Py_ssize_t len = 0;
	int count;

	(void)self;
	if (!PyArg_ParseTuple(args, "i", &count))
		return NULL;
	if (count < 0 || count > MARKS_MAX) {
		PyErr_Format(PyExc_ValueError, "count must be 0 to %d", MARKS_MAX);
		return NULL;
	}
	for (int i = 1; i <= count; i++) {
		marks[len++] = i % 5 == 0 ? '/' : '|';
		if (i % 5 == 0 && i < count)
			marks[len++] = ' ';
	}
	return PyUnicode_FromStringAndSize(marks, len);
}

static PyMethodDef methods[] = {
	{"draw", draw, METH_VARARGS, "draw(count) -> str: count as tally marks, in groups of five."},
	{NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "tallymark", NULL, -1, methods,
	NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_tallymark(void)
{
	PyObject *m = PyModule_Create(&module);

	if (m != NULL && PyModule_AddStringConstant(m, "__version__", TALLYMARK_VERSION) == -1) {
		Py_DECREF(m);
		return NULL;
	}
	return m;
}
