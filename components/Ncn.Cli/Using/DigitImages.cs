using Ncn.Client.Inference;

namespace Ncn.Cli.Using;

/// <summary>The images of the model digits: 8 x 8 pixels with 17 levels of ink (compute-worker/models/README.md).</summary>
internal static class DigitImages
{
    public const string Model = "digits";
    private const int Side = 8;
    private const int Levels = 16;
    private const string Shades = " ░▒▓█";

    /// <summary>Ink from 0 (paper) to 16 (full), row by row.</summary>
    public static int[] Read(string path)
    {
        var (width, height, pixels) = GreyPng.Read(path);
        return width == Side && height == Side
            ? [.. pixels.Select(grey => ((grey * Levels * 2) + 255) / (255 * 2))]
            : throw new CliException($"{path} has {width} x {height} pixels; the model takes {Side} x {Side}.");
    }

    /// <summary>The request for one image.</summary>
    public static InferRequest Request(int[] ink) =>
        new([Tensor.Of("image", [1, 1, Side, Side], [.. ink.Select(level => level / (float)Levels)])]);

    /// <summary>The most probable digit.</summary>
    public static (int Digit, float Probability) Best(InferAnswer answer)
    {
        var probabilities = answer.Outputs.Single(output => output.Name == "probabilities").Floats();
        var digit = Array.IndexOf(probabilities, probabilities.Max());
        return (digit, probabilities[digit]);
    }

    /// <summary>The image as one line of characters for each row, two characters to a pixel.</summary>
    public static IReadOnlyList<string> Draw(int[] ink) => [.. ink.Chunk(Side).Select(row =>
        string.Concat(row.Select(level => new string(Shades[level * (Shades.Length - 1) / Levels], 2))))];
}
