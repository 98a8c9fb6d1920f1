using System.Text;
using Ncn.Inference;
using Ncn.Protocol.Grpc;

namespace Ncn.ComputeWorker.Jobs;

/// <summary>Texts to turn into vectors, checked for a model's limits.</summary>
/// <param name="Texts">At least one, none of them empty.</param>
/// <param name="Dimensions">Numbers to keep of each vector; 0 for all.</param>
public sealed record EmbedTexts(IReadOnlyList<string> Texts, int Dimensions)
{
    /// <summary>Reads and checks an <see cref="EmbedInput"/>.</summary>
    /// <param name="input">The wire's message.</param>
    /// <param name="maxBatch">Most texts in one request.</param>
    /// <param name="maxInputBytes">Most UTF-8 bytes of all texts together.</param>
    /// <param name="width">Numbers in the model's vectors.</param>
    /// <exception cref="InferenceException">The input does not fit; the message says what.</exception>
    public static EmbedTexts Read(EmbedInput input, int maxBatch, long maxInputBytes, int width)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Texts.Count == 0 || input.Texts.Count > maxBatch)
        {
            throw InferenceException.Invalid($"the input has {input.Texts.Count} texts; this model takes 1 to {maxBatch} in one request.");
        }

        if (input.Texts.Any(text => text.Length == 0))
        {
            throw InferenceException.Invalid("an input text is empty.");
        }

        long bytes = input.Texts.Sum(text => (long)Encoding.UTF8.GetByteCount(text));
        if (bytes > maxInputBytes)
        {
            throw InferenceException.Invalid($"the texts have {bytes} bytes; this model takes {maxInputBytes} in one request.");
        }

        return input.Dimensions <= width
            ? new EmbedTexts([.. input.Texts], (int)input.Dimensions)
            : throw InferenceException.Invalid($"dimensions is {input.Dimensions}, and the model's vectors have {width} numbers.");
    }
}
