using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Ncn.Inference.Generation;

namespace Ncn.Inference.Batching;

/// <summary>What was found in a decoder's graph, checked against its configuration.</summary>
/// <param name="CacheType">float32 or float16: the type of keys and values.</param>
/// <param name="LogitsType">float32 or float16.</param>
/// <param name="LogitsWidth">Logits of one token; may be more than the vocabulary has.</param>
/// <param name="LastLogitsOnly">True when a run yields the logits of its last token only.</param>
/// <param name="TakesPositions">True when the graph wants the positions of the input tokens.</param>
/// <param name="TakesPlaces">True when the graph wants the places whose logits it is to give (<see cref="TailEdit"/>).</param>
internal sealed record DecoderSignature(
    TensorElementType CacheType, TensorElementType LogitsType, int LogitsWidth, bool LastLogitsOnly, bool TakesPositions, bool TakesPlaces)
{
    /// <exception cref="InvalidDataException">The graph is not one that this engine can run; the message says why.</exception>
    public static DecoderSignature Read(InferenceSession session, DecoderConfig config)
    {
        DecoderGraph graph = config.Graph;
        string[] cache = [.. Enumerable.Range(0, graph.Layers).SelectMany(layer => new[] { DecoderGraph.Name(graph.PastKey, layer), DecoderGraph.Name(graph.PastValue, layer) })];
        string[] present = [.. Enumerable.Range(0, graph.Layers).SelectMany(layer => new[] { DecoderGraph.Name(graph.PresentKey, layer), DecoderGraph.Name(graph.PresentValue, layer) })];
        bool positions = session.InputMetadata.ContainsKey(graph.PositionIds);
        bool places = session.InputMetadata.ContainsKey(TailEdit.Places);
        string[] numbers = [graph.InputIds, graph.AttentionMask, .. positions ? [graph.PositionIds] : Array.Empty<string>(), .. places ? [TailEdit.Places] : Array.Empty<string>()];
        SameNames("inputs", session.InputNames, [.. numbers, .. cache]);
        SameNames("outputs", session.OutputNames, [graph.Logits, .. present]);
        Array.ForEach(numbers, name => Typed(name, session.InputMetadata[name], TensorElementType.Int64));
        TensorElementType type = FloatingPoint(cache[0], session.InputMetadata[cache[0]]);
        Array.ForEach(cache, name => Cache(name, session.InputMetadata[name], type, graph));
        Array.ForEach(present, name => Cache(name, session.OutputMetadata[name], type, graph));
        NodeMetadata logits = session.OutputMetadata[graph.Logits];
        (int width, bool lastOnly) = LogitsShape(graph.Logits, logits, config.Vocabulary);
        return new DecoderSignature(type, FloatingPoint(graph.Logits, logits), width, lastOnly, positions, places);
    }

    private static void SameNames(string what, IReadOnlyList<string> found, string[] expected)
    {
        string? missing = expected.FirstOrDefault(name => !found.Contains(name));
        string? unknown = found.FirstOrDefault(name => !expected.Contains(name));
        if (missing is not null || unknown is not null)
        {
            throw new InvalidDataException(missing is not null
                ? $"the decoder's {what} lack '{missing}', which genai_config.json names"
                : $"the decoder has '{unknown}' among its {what}, which this engine cannot serve");
        }
    }

    private static void Typed(string name, NodeMetadata found, TensorElementType expected)
    {
        if (!found.IsTensor || found.ElementDataType != expected)
        {
            throw new InvalidDataException($"the decoder's '{name}' must be a tensor of {expected}");
        }
    }

    private static TensorElementType FloatingPoint(string name, NodeMetadata found) =>
        found.IsTensor && found.ElementDataType is TensorElementType.Float or TensorElementType.Float16
            ? found.ElementDataType
            : throw new InvalidDataException($"the decoder's '{name}' must be a tensor of Float or Float16");

    private static void Cache(string name, NodeMetadata found, TensorElementType type, DecoderGraph graph)
    {
        Typed(name, found, type);
        int[] sizes = found.Dimensions;
        if (sizes.Length != 4 || !Fits(sizes[1], graph.KeyValueHeads) || !Fits(sizes[3], graph.HeadSize) || sizes[0] > 0 || sizes[2] > 0)
        {
            throw new InvalidDataException(
                $"the decoder's '{name}' has the shape [{string.Join(", ", sizes)}], and must be [any, {graph.KeyValueHeads}, any, {graph.HeadSize}]");
        }
    }

    private static bool Fits(int size, int expected) => size <= 0 || size == expected;

    private static (int Width, bool LastOnly) LogitsShape(string name, NodeMetadata found, int vocabulary)
    {
        int[] sizes = found.Dimensions;
        if (sizes.Length != 3 || (sizes[2] > 0 && sizes[2] < vocabulary) || sizes[1] > 1 || sizes[0] > 0)
        {
            throw new InvalidDataException(
                $"the decoder's '{name}' has the shape [{string.Join(", ", sizes)}], and must be [any, any or 1, at least {vocabulary}]");
        }

        return (sizes[2] > 0 ? sizes[2] : vocabulary, sizes[1] == 1);
    }
}
