using System.Globalization;
using Ncn.Cli.Network;
using Ncn.Cli.Using;
using Ncn.Client.Inference;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>Ten handwritten digits that the model has never seen, drawn, named and paid for.</summary>
internal static class DigitsAct
{
    private const int Count = 10;
    private const int PerRow = 5;
    private const int Width = 16;

    public static async Task PlayAsync(DemoSession session, CancellationToken cancellation)
    {
        DemoSession.Title("Ten held-out digits through the vision gateway");
        var models = await session.Vision.ModelsAsync(cancellation);
        var drawn = new List<Drawn>();
        foreach (var row in Samples().Chunk(PerRow))
        {
            // Side by side: several requests are in flight on one channel.
            var answers = await Task.WhenAll(row.Select(path => AskAsync(session, path, cancellation)));
            foreach (var (path, answer) in row.Zip(answers))
            {
                session.Keep($"digit {Path.GetFileName(path)}", models, DigitImages.Model, answer.Network);
            }

            var images = row.Zip(answers, (path, answer) => new Drawn(DigitImages.Read(path), DigitImages.Best(answer).Digit, Truth(path), Price(answer))).ToArray();
            Draw(images);
            drawn.AddRange(images);
        }

        AnsiConsole.MarkupLine($"[bold]{drawn.Count(image => image.Answer == image.Truth)} of {drawn.Count}[/] right.");
    }

    private static Task<InferAnswer> AskAsync(DemoSession session, string path, CancellationToken cancellation) =>
        session.Vision.InferAsync(DigitImages.Model, DigitImages.Request(DigitImages.Read(path)), cancellationToken: cancellation);

    private static string Price(InferAnswer answer) => Dollars.Of(answer.Network!.Cost);

    /// <summary>Every tenth of the shipped images, so that all digits have a chance.</summary>
    private static IEnumerable<string> Samples()
    {
        var folder = Path.Combine(Installation.Root, "compute-worker", "models", DigitImages.Model, "1", "samples");
        var files = Directory.GetFiles(folder, "*.png").Order(StringComparer.Ordinal).ToArray();
        return Enumerable.Range(0, Count).Select(i => files[i * files.Length / Count]);
    }

    private static int Truth(string path) => int.Parse(Path.GetFileNameWithoutExtension(path).Split('-')[1], CultureInfo.InvariantCulture);

    private static void Draw(Drawn[] images)
    {
        var pictures = images.Select(image => DigitImages.Draw(image.Ink)).ToArray();
        for (var y = 0; y < pictures[0].Count; y++)
        {
            AnsiConsole.WriteLine(string.Join("   ", pictures.Select(picture => picture[y])));
        }

        AnsiConsole.MarkupLine(string.Join("   ", images.Select(Caption)));
        AnsiConsole.MarkupLine(string.Join("   ", images.Select(image => $"[grey]{image.Price,-Width}[/]")));
        AnsiConsole.WriteLine();
    }

    private static string Caption(Drawn image)
    {
        var text = $"says {image.Answer}, is {image.Truth}".PadRight(Width);
        return image.Answer == image.Truth ? $"[green]{text}[/]" : $"[red]{text}[/]";
    }

    private sealed record Drawn(int[] Ink, int Answer, int Truth, string Price);
}
