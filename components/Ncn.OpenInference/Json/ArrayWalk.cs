using System.Text.Json;
using InputTensor = Inference.ModelInferRequest.Types.InferInputTensor;

namespace Ncn.OpenInference.Json;

/// <summary>Takes the elements of one tensor, in order.</summary>
internal interface IElementSink
{
    /// <summary>False when the token is no value of the tensor's datatype.</summary>
    bool TryAdd(ref Utf8JsonReader json);
}

/// <summary>Walks a JSON array that is flat, or nested exactly as the tensor's shape.</summary>
internal static class ArrayWalk
{
    public static void Read<TSink>(ref Utf8JsonReader json, InputTensor tensor, int count, ref TSink sink)
        where TSink : struct, IElementSink, allows ref struct
    {
        JsonCursor.MustBeArray(ref json, $"Input {tensor.Name} must have data: an array, nested or flat in row-major order.");
        if (tensor.Shape.Count > 1 && IsNested(json))
        {
            ReadLevel(ref json, tensor, 0, ref sink);
        }
        else
        {
            ReadFlat(ref json, tensor, count, ref sink);
        }
    }

    // The copy reads ahead; the walk's own reader stays where it is.
    private static bool IsNested(Utf8JsonReader ahead) => ahead.Read() && ahead.TokenType == JsonTokenType.StartArray;

    private static void ReadFlat<TSink>(ref Utf8JsonReader json, InputTensor tensor, int count, ref TSink sink)
        where TSink : struct, IElementSink, allows ref struct
    {
        int read = 0;
        while (JsonCursor.NextElement(ref json))
        {
            if (read == count)
            {
                throw new OpenInferenceException($"Input {tensor.Name} has more than {count} elements; its shape says {count}.");
            }

            Add(ref json, tensor, ref sink);
            read++;
        }

        if (read < count)
        {
            throw new OpenInferenceException($"Input {tensor.Name} has {read} elements; its shape says {count}.");
        }
    }

    private static void ReadLevel<TSink>(ref Utf8JsonReader json, InputTensor tensor, int level, ref TSink sink)
        where TSink : struct, IElementSink, allows ref struct
    {
        bool innermost = level == tensor.Shape.Count - 1;
        for (long i = 0; i < tensor.Shape[level]; i++)
        {
            if (!JsonCursor.NextElement(ref json))
            {
                throw OtherNesting(tensor);
            }

            if (innermost)
            {
                Add(ref json, tensor, ref sink);
            }
            else if (json.TokenType == JsonTokenType.StartArray)
            {
                ReadLevel(ref json, tensor, level + 1, ref sink);
            }
            else
            {
                throw OtherNesting(tensor);
            }
        }

        if (JsonCursor.NextElement(ref json))
        {
            throw OtherNesting(tensor);
        }
    }

    private static void Add<TSink>(ref Utf8JsonReader json, InputTensor tensor, ref TSink sink)
        where TSink : struct, IElementSink, allows ref struct
    {
        if (!sink.TryAdd(ref json))
        {
            throw new OpenInferenceException($"Input {tensor.Name} has an element that is not a value of {tensor.Datatype}.");
        }
    }

    private static OpenInferenceException OtherNesting(InputTensor tensor) =>
        new($"The data of input {tensor.Name} is not nested as its shape [{string.Join(',', tensor.Shape)}]; nest it so, or send it flat in row-major order.");
}
