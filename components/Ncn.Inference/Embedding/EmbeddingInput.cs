using Ncn.Protocol;

namespace Ncn.Inference.Embedding;

/// <summary>Texts as the model reads them.</summary>
/// <param name="Tokens">The token ids of each text, at least one.</param>
/// <param name="Dimensions">Numbers to keep of each vector; 0 for all.</param>
public sealed record EmbeddingInput(IReadOnlyList<int[]> Tokens, int Dimensions)
{
    /// <summary>Tokens of all texts, without padding: what is paid.</summary>
    public int PromptTokens => Tokens.Sum(tokens => tokens.Length);
}

/// <summary>The vectors of texts.</summary>
/// <param name="Vectors">One after the other, in the texts' order.</param>
/// <param name="Width">Numbers in each.</param>
/// <param name="PromptTokens">Tokens of each text.</param>
public sealed record EmbeddingAnswer(float[] Vectors, int Width, IReadOnlyList<int> PromptTokens)
{
    /// <summary>"embedding", FP32 [texts, width], and "prompt_tokens", INT32 [texts].</summary>
    public IReadOnlyList<TensorValue> ToTensors() =>
    [
        new TensorValue("embedding", TensorDatatype.FP32, [PromptTokens.Count, Width], EmbeddingTensors.Bytes<float>(Vectors)),
        new TensorValue("prompt_tokens", TensorDatatype.INT32, [PromptTokens.Count], EmbeddingTensors.Bytes<int>([.. PromptTokens])),
    ];

    /// <summary>What <see cref="ToTensors"/> gives, for a model of this width.</summary>
    internal static IReadOnlyList<TensorSpec> Specs(int width) => [new("embedding", "FP32", [-1, width]), new("prompt_tokens", "INT32", [-1])];
}
