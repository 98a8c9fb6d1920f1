"""ONNX Runtime and ONNX Runtime GenAI from the npm packages, called through ctypes.

The measurements use the libraries that the worker uses; there is no Python package of them in Debian.
"""

import ctypes
import json
import re
from ctypes import POINTER, byref, c_bool, c_char_p, c_double, c_float, c_int, c_int32, c_int64, c_size_t, c_void_p

import numpy

from manifest import MODELS

PACKAGES = MODELS.parent.parent / "node_modules"
ORT_PACKAGE = PACKAGES / "com.github.asus4.onnxruntime"
GENAI_LIBRARY = PACKAGES / "com.github.asus4.onnxruntime-genai" / "Plugins" / "Linux" / "x64" / "libonnxruntime-genai.so"
FLOAT_ELEMENT = 1

# GenAI finds the runtime by its soname when it is in the process already.
RUNTIME = ctypes.CDLL(str(ORT_PACKAGE / "Plugins" / "Linux" / "x64" / "libonnxruntime.so"), mode=ctypes.RTLD_GLOBAL)


class TensorSession:
    """A model with one float input and one float output, run by ONNX Runtime."""

    def __init__(self, path):
        self.functions = self.function_table()
        environment, options, self.session, self.memory = c_void_p(), c_void_p(), c_void_p(), c_void_p()
        self.call("CreateEnv", c_int(3), c_char_p(b"measure"), byref(environment))
        self.call("CreateSessionOptions", byref(options))
        self.call("CreateSession", environment, c_char_p(str(path).encode()), options, byref(self.session))
        self.call("CreateCpuMemoryInfo", c_int(1), c_int(0), byref(self.memory))

    @staticmethod
    def function_table():
        """Names of the C functions in the order of the table, from the managed sources of the same package."""
        source = (ORT_PACKAGE / "Runtime" / "NativeMethods.shared.cs").read_text()
        names = re.findall(r"public IntPtr (\w+);", source[source.index("public IntPtr CreateStatus;"):])
        RUNTIME.OrtGetApiBase.restype = POINTER(c_void_p)
        get_api = ctypes.CFUNCTYPE(c_void_p, ctypes.c_uint32)(RUNTIME.OrtGetApiBase()[0])
        table = ctypes.cast(get_api(20), POINTER(c_void_p))
        return {name: table[index] for index, name in enumerate(names[:120])}

    def call(self, name, *arguments):
        status = ctypes.CFUNCTYPE(c_void_p, *[type(argument) if not hasattr(argument, "_obj") else c_void_p
                                              for argument in arguments])(self.functions[name])(*arguments)
        if status:
            message = ctypes.CFUNCTYPE(c_char_p, c_void_p)(self.functions["GetErrorMessage"])(status)
            raise RuntimeError(f"{name}: {message.decode()}")

    def run(self, input_name, rows, output_name, output_width):
        rows = numpy.ascontiguousarray(rows, numpy.float32)
        shape = (c_int64 * rows.ndim)(*rows.shape)
        value, outputs, data = c_void_p(), (c_void_p * 1)(), c_void_p()
        self.call("CreateTensorWithDataAsOrtValue", self.memory, c_void_p(rows.ctypes.data), c_size_t(rows.nbytes),
                  ctypes.cast(shape, c_void_p), c_size_t(rows.ndim), c_int(FLOAT_ELEMENT), byref(value))
        input_names, output_names = (c_char_p * 1)(input_name.encode()), (c_char_p * 1)(output_name.encode())
        inputs = (c_void_p * 1)(value)
        self.call("Run", self.session, c_void_p(None), ctypes.cast(input_names, c_void_p),
                  ctypes.cast(inputs, c_void_p), c_size_t(1), ctypes.cast(output_names, c_void_p), c_size_t(1),
                  ctypes.cast(outputs, c_void_p))
        self.call("GetTensorMutableData", c_void_p(outputs[0]), byref(data))
        flat = numpy.ctypeslib.as_array(ctypes.cast(data, POINTER(c_float)), (len(rows) * output_width,))
        return flat.reshape(len(rows), output_width).copy()


class GenAiModel:
    """A decoder folder, loaded, tokenised and run by GenAI as a worker does it."""

    def __init__(self, folder):
        self.library = ctypes.CDLL(str(GENAI_LIBRARY))
        self.model, self.tokenizer = c_void_p(), c_void_p()
        self.call("OgaCreateModel", c_char_p(str(folder).encode()), byref(self.model))
        self.call("OgaCreateTokenizer", self.model, byref(self.tokenizer))

    def call(self, name, *arguments):
        function = getattr(self.library, name)
        function.restype = c_void_p
        result = function(*arguments)
        if result:
            self.library.OgaResultGetError.restype = c_char_p
            raise RuntimeError(f"{name}: {self.library.OgaResultGetError(c_void_p(result)).decode()}")

    def chat_text(self, messages):
        text = c_char_p()
        content = json.dumps([{"role": role, "content": content} for role, content in messages])
        self.call("OgaTokenizerApplyChatTemplate", self.tokenizer, None, c_char_p(content.encode()), None,
                  c_bool(True), byref(text))
        return text.value.decode()

    def encode(self, text):
        sequences = c_void_p()
        self.call("OgaCreateSequences", byref(sequences))
        self.call("OgaTokenizerEncode", self.tokenizer, c_char_p(text.encode()), sequences)
        self.library.OgaSequencesGetSequenceCount.restype = c_size_t
        self.library.OgaSequencesGetSequenceData.restype = POINTER(c_int32)
        count = self.library.OgaSequencesGetSequenceCount(sequences, c_size_t(0))
        tokens = self.library.OgaSequencesGetSequenceData(sequences, c_size_t(0))[:count]
        self.library.OgaDestroySequences(sequences)
        return tokens

    def decode(self, tokens):
        text = c_char_p()
        self.call("OgaTokenizerDecode", self.tokenizer, (c_int32 * len(tokens))(*tokens), c_size_t(len(tokens)),
                  byref(text))
        return text.value.decode()

    def stream_text(self, tokens):
        stream, pieces = c_void_p(), []
        self.call("OgaCreateTokenizerStream", self.tokenizer, byref(stream))
        for token in tokens:
            piece = c_char_p()
            self.call("OgaTokenizerStreamDecode", stream, c_int32(token), byref(piece))
            pieces.append(piece.value.decode())
        self.library.OgaDestroyTokenizerStream(stream)
        return "".join(pieces)

    def generate(self, prompt, limit):
        """Greedy continuation of the prompt tokens, at most `limit`, with the folder's own settings."""
        settings, generator = c_void_p(), c_void_p()
        self.call("OgaCreateGeneratorParams", self.model, byref(settings))
        self.call("OgaGeneratorParamsSetSearchNumber", settings, c_char_p(b"max_length"),
                  c_double(len(prompt) + limit))
        self.call("OgaCreateGenerator", self.model, settings, byref(generator))
        self.call("OgaGenerator_AppendTokens", generator, (c_int32 * len(prompt))(*prompt), c_size_t(len(prompt)))
        self.library.OgaGenerator_IsDone.restype = c_bool
        answer = []
        while not self.library.OgaGenerator_IsDone(generator):
            self.call("OgaGenerator_GenerateNextToken", generator)
            tokens, count = POINTER(c_int32)(), c_size_t()
            self.call("OgaGenerator_GetNextTokens", generator, byref(tokens), byref(count))
            answer += tokens[:count.value]
        self.library.OgaDestroyGenerator(generator)
        self.library.OgaDestroyGeneratorParams(settings)
        return answer
