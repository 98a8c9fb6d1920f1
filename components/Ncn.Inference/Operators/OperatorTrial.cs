using Microsoft.ML.OnnxRuntime;
using Ncn.Inference.Repository.Inspection;

namespace Ncn.Inference.Operators;

/// <summary>
/// Runs our operators and those of ONNX Runtime, whose place they take, on the same numbers. Once in a process: another version of ONNX Runtime could take
/// operators otherwise, or mean something else by the same names.
/// </summary>
internal static class OperatorTrial
{
    private const int Rows = 2;
    private const int Heads = 4;
    private const int KeyHeads = 2;
    private const int HeadSize = 32;
    private const int Length = 48;
    private const int Width = (Heads + (2 * KeyHeads)) * HeadSize;
    private const float Tolerance = 1e-4f;

    /// <summary>True when both give the same numbers, but for the last places.</summary>
    public static bool Passes()
    {
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, IntraOpNumThreads = 1 };
        try
        {
            OwnOperators.AddTo(options);
            using var session = new InferenceSession(Model(), options);
            using var trial = new Runs(session);
            return trial.Agree(tokens: 20, [19, 12], longest: 20) && trial.Agree(tokens: 1, [20, 13], longest: 21);
        }
        catch (Exception exception) when (exception is OnnxRuntimeException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Each operator twice: "a" is ONNX Runtime's, "b" is ours. Field numbers: onnx/onnx.proto, IR version 13.</summary>
    private static byte[] Model()
    {
        var graph = new ProtobufWriter();
        foreach (string which in (string[])["a", "b"])
        {
            string domain = which == "a" ? "com.microsoft" : OwnOperators.Domain;
            string[] inputs = ["query", "", "", $"key.{which}", $"value.{which}", "last", "longest", "cosines", "sines"];
            graph.Message(1, Node(OwnOperators.Attention, domain, inputs, [$"attended.{which}", $"new.key.{which}", $"new.value.{which}"])
                .Message(5, Integer("num_heads", Heads)).Message(5, Integer("kv_num_heads", KeyHeads)).Message(5, Integer("do_rotary", 1)));
        }

        graph.Message(1, Node("Sigmoid", "", ["query"], ["sigmoid"])).Message(1, Node("Mul", "", ["query", "sigmoid"], ["silu"])).Message(1, Node("Mul", "", ["silu", "other"], ["gated.a"]));
        graph.Message(1, Node(OwnOperators.Gate, OwnOperators.Domain, ["query", "other"], ["gated.b"]));
        graph.Text(2, "trial");
        foreach ((string name, int type, int sizes) in Inputs)
        {
            graph.Message(11, Value(name, type, sizes, name == "query" ? Width : null)); // without it ONNX Runtime infers a width of 0
        }

        foreach ((string name, int sizes) in Outputs)
        {
            graph.Message(12, Value(name, OnnxOperators.Float, sizes));
        }

        ProtobufWriter Import(string domain, int version) => new ProtobufWriter().Text(1, domain).Number(2, version);
        return new ProtobufWriter().Number(1, 8).Message(7, graph).Message(8, Import("", 17)).Message(8, Import("com.microsoft", 1)).Message(8, Import(OwnOperators.Domain, 1)).ToArray();
    }

    private static IEnumerable<(string Name, int Type, int Sizes)> Inputs =>
    [
        ("query", OnnxOperators.Float, 3), ("other", OnnxOperators.Float, 3), ("last", OnnxOperators.Int32, 1), ("longest", OnnxOperators.Int32, 0),
        ("cosines", OnnxOperators.Float, 2), ("sines", OnnxOperators.Float, 2), .. Caches.Select(name => (name, OnnxOperators.Float, 4)),
    ];

    private static IEnumerable<(string Name, int Sizes)> Outputs =>
        [("attended.a", 3), ("attended.b", 3), ("gated.a", 3), ("gated.b", 3), .. Caches.Select(name => ("new." + name, 4))];

    private static string[] Caches => ["key.a", "key.b", "value.a", "value.b"];

    /// <summary>NodeProto: input = 1, output = 2, op_type = 4, attribute = 5, domain = 7.</summary>
    private static ProtobufWriter Node(string name, string domain, string[] inputs, string[] outputs)
    {
        var node = new ProtobufWriter();
        Array.ForEach(inputs, input => node.Text(1, input));
        Array.ForEach(outputs, output => node.Text(2, output));
        return node.Text(4, name).Text(7, domain);
    }

    private static ProtobufWriter Integer(string name, long value) => new ProtobufWriter().Text(1, name).Number(3, value).Number(20, 2);

    /// <summary>ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; its elem_type = 1, shape = 2; its dim = 1; its dim_value = 1 or dim_param = 2.</summary>
    private static ProtobufWriter Value(string name, int type, int sizes, int? last = null)
    {
        var shape = new ProtobufWriter();
        for (int i = 0; i < sizes; i++)
        {
            shape.Message(1, i == sizes - 1 && last is { } size ? new ProtobufWriter().Number(1, size) : new ProtobufWriter().Text(2, $"{name}.{i}"));
        }

        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, type).Message(2, shape)));
    }

    private sealed class Runs : IDisposable
    {
        private readonly InferenceSession _session;
        private readonly Random _random = new(1);
        private readonly Dictionary<string, float[]> _caches = Caches.ToDictionary(name => name, _ => new float[Rows * KeyHeads * Length * HeadSize]);
        private readonly List<OrtValue> _values = [];
        private readonly float[] _cosines = new float[Length * HeadSize / 2];
        private readonly float[] _sines = new float[Length * HeadSize / 2];

        public Runs(InferenceSession session)
        {
            _session = session;
            for (int i = 0; i < _cosines.Length; i++)
            {
                (_sines[i], _cosines[i]) = MathF.SinCos(_random.NextSingle() * MathF.Tau);
            }
        }

        public void Dispose() => _values.ForEach(value => value.Dispose());

        /// <summary>One run, over what the runs before have left in the caches.</summary>
        public bool Agree(int tokens, int[] last, int longest)
        {
            using OrtIoBinding binding = _session.CreateIoBinding();
            float[] query = Numbers(Rows * tokens * Width);
            binding.BindInput("query", Tensor(query, Rows, tokens, Width));
            binding.BindInput("other", Tensor(Numbers(query.Length), Rows, tokens, Width));
            binding.BindInput("last", Tensor(last, Rows));
            binding.BindInput("longest", Tensor(new[] { longest }));
            binding.BindInput("cosines", Tensor(_cosines, Length, HeadSize / 2));
            binding.BindInput("sines", Tensor(_sines, Length, HeadSize / 2));
            foreach ((string name, float[] numbers) in _caches)
            {
                OrtValue cache = Tensor(numbers, Rows, KeyHeads, Length, HeadSize);
                binding.BindInput(name, cache);
                binding.BindOutput("new." + name, cache);
            }

            Dictionary<string, float[]> given = [];
            foreach ((string name, int width) in ((string, int)[])[("attended.a", Heads * HeadSize), ("attended.b", Heads * HeadSize), ("gated.a", Width), ("gated.b", Width)])
            {
                given[name] = new float[Rows * tokens * width];
                binding.BindOutput(name, Tensor(given[name], Rows, tokens, width));
            }

            using var options = new RunOptions();
            _session.RunWithBinding(options, binding);
            return Same(given["gated.a"], given["gated.b"]) && Enumerable.Range(0, Rows).All(row => SameRow(given, row, tokens, last, longest));
        }

        /// <summary>What a token says that only fills its row up, and what it leaves in the cache, does not count.</summary>
        private bool SameRow(Dictionary<string, float[]> given, int row, int tokens, int[] last, int longest)
        {
            int counts = longest == tokens ? last[row] + 1 : tokens;
            Range said = new(row * tokens * Heads * HeadSize, ((row * tokens) + counts) * Heads * HeadSize);
            return Same(given["attended.a"].AsSpan(said), given["attended.b"].AsSpan(said)) && Enumerable.Range(row * KeyHeads, KeyHeads).All(head =>
            {
                Range kept = new(head * Length * HeadSize, ((head * Length) + last[row] + 1) * HeadSize);
                return Same(_caches["key.a"].AsSpan(kept), _caches["key.b"].AsSpan(kept)) && Same(_caches["value.a"].AsSpan(kept), _caches["value.b"].AsSpan(kept));
            });
        }

        private float[] Numbers(int count)
        {
            var numbers = new float[count];
            for (int i = 0; i < count; i++)
            {
                numbers[i] = (_random.NextSingle() * 4) - 2;
            }

            return numbers;
        }

        private OrtValue Tensor<T>(T[] numbers, params long[] shape)
            where T : unmanaged
        {
            OrtValue value = OrtValue.CreateTensorValueFromMemory(numbers, shape);
            _values.Add(value);
            return value;
        }

        private static bool Same(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
        {
            for (int i = 0; i < one.Length; i++)
            {
                if (!(MathF.Abs(one[i] - other[i]) <= Tolerance))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
