using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Ncn.Protocol;

namespace Ncn.Inference.Repository.Trials;

/// <summary>
/// The process that tries models out: reads an order on each line of its input, answers on a line of its output, and ends when its
/// input does. A native parser that crashes, hangs or eats the memory takes this process with it and nothing else.
/// </summary>
public static class TrialProcess
{
    /// <summary>The argument with which a program's own executable is started as this process.</summary>
    public const string Argument = "--try-models";

    /// <summary>Begins a line that is an answer; native libraries may print other ones.</summary>
    internal const string AnswerMark = "ncn-trial ";

    internal static JsonSerializerOptions Json { get; } = ProtocolJson.Options;

    /// <summary>Serves orders until the input ends.</summary>
    public static int Run(TextReader orders, TextWriter answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        ProcessLimits.PreferAsVictim();
        using var queue = new BlockingCollection<string>(boundedCapacity: 1);
        new Thread(() => ReadOrders(orders, queue)) { IsBackground = true }.Start();
        foreach (string line in queue.GetConsumingEnumerable())
        {
            answers.WriteLine(AnswerMark + JsonSerializer.Serialize(new Answer(Try(line)), Json));
            answers.Flush();
        }

        return 0;
    }

    /// <summary>When nobody wants the answer any more, a trial that hangs in native code must not go on.</summary>
    private static void ReadOrders(TextReader orders, BlockingCollection<string> queue)
    {
        while (orders.ReadLine() is { } line)
        {
            queue.Add(line);
        }

        Process.GetCurrentProcess().Kill();
    }

    private static string? Try(string line)
    {
        string folder = "";
        try
        {
            Order order = JsonSerializer.Deserialize<Order>(line, Json)!;
            folder = order.Folder + Path.DirectorySeparatorChar;
            if (order.MaxBytes is { } most)
            {
                ProcessLimits.AllowMore(most);
            }

            Task.Run(() => TryAsync(order)).GetAwaiter().GetResult();
            return null;
        }
        catch (Exception exception)
        {
            return ModelProblem.Of(exception, folder);
        }
    }

    private static async Task TryAsync(Order order)
    {
        await using LoadedModel model = ModelLoader.Load(order.Folder, order.Manifest, order.Options);
        await model.TryOutAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <param name="MaxBytes">Memory that the trial may take on top of what the process has; null for no limit.</param>
    internal sealed record Order(string Folder, ModelManifest Manifest, InferenceOptions Options, long? MaxBytes);

    internal sealed record Answer(string? Problem);
}
