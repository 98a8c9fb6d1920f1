using System.Runtime.InteropServices;
using Ncn.Protocol;

namespace Ncn.Inference.Embedding;

/// <summary>Which of a model's tensors carry what, and the tensors of a run.</summary>
internal sealed class EmbeddingTensors
{
    private const string Ids = "input_ids", Mask = "attention_mask", Types = "token_type_ids", Positions = "position_ids";
    private readonly TensorSpec[] _inputs;

    /// <param name="signature">The model's.</param>
    /// <param name="pooled">Whether the model gives one vector per text, and not one per token.</param>
    /// <param name="width">Numbers in a vector.</param>
    /// <exception cref="InvalidDataException">An input is unknown, or no output can hold the vectors.</exception>
    public EmbeddingTensors(TensorSignature signature, bool pooled, int width)
    {
        _inputs = [.. signature.Inputs];
        if (_inputs.All(input => input.Name != Ids)
            || _inputs.FirstOrDefault(input => input.Name is not (Ids or Mask or Types or Positions) || input.Datatype is not ("INT64" or "INT32") || input.Shape.Count != 2) is not null)
        {
            throw new InvalidDataException($"an embedding model takes {Ids} and perhaps {Mask}, {Types} and {Positions}, INT64 or INT32 [texts, tokens]; this one takes {string.Join(", ", _inputs.Select(input => $"{input.Name} {input.Datatype}"))}");
        }

        if (FixedLength is not null && !HasMask)
        {
            throw new InvalidDataException($"the model reads {FixedLength} tokens, no more and no less, and has no {Mask} to hide what a shorter text is filled up with");
        }

        int rank = pooled ? 2 : 3;
        Output = signature.Outputs.FirstOrDefault(output => output.Datatype is "FP32" or "FP16" && output.Shape.Count == rank && (output.Shape[^1] == width || output.Shape[^1] < 0))?.Name
            ?? throw new InvalidDataException($"the model has no output FP32 or FP16 with {rank} dimensions, the last of size {width}, as its pooling and width need");
    }

    /// <summary>The output to pool.</summary>
    public string Output { get; }

    /// <summary>The length that every text must be filled up to; null when the model takes any.</summary>
    public int? FixedLength => _inputs[0].Shape[1] < 0 ? null : (int)_inputs[0].Shape[1];

    /// <summary>Whether padding can be hidden from the model.</summary>
    public bool HasMask => _inputs.Any(input => input.Name == Mask);

    /// <summary>The inputs of a run over texts that are filled up to one length.</summary>
    public IReadOnlyList<TensorValue> Inputs(IReadOnlyList<int[]> texts, int length, int padding) =>
        [.. _inputs.Select(input => Tensor(input, texts, length, input.Name switch
        {
            Ids => (tokens, at) => at < tokens.Length ? tokens[at] : padding,
            Mask => static (tokens, at) => at < tokens.Length ? 1 : 0,
            Positions => static (_, at) => at,
            _ => static (_, _) => 0,
        }))];

    public static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static TensorValue Tensor(TensorSpec input, IReadOnlyList<int[]> texts, int length, Func<int[], int, int> value)
    {
        var values = new int[texts.Count * length];
        for (int row = 0; row < texts.Count; row++)
        {
            for (int at = 0; at < length; at++)
            {
                values[(row * length) + at] = value(texts[row], at);
            }
        }

        bool wide = input.Datatype == "INT64";
        return new TensorValue(
            input.Name, wide ? TensorDatatype.INT64 : TensorDatatype.INT32, [texts.Count, length], wide ? Bytes<long>([.. values.Select(each => (long)each)]) : Bytes(values));
    }
}
