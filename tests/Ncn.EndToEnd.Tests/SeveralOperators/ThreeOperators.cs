using System.Diagnostics;
using System.Text.Json;
using Ncn.EndToEnd.Tests.Harness;

namespace Ncn.EndToEnd.Tests.SeveralOperators;

/// <summary>
/// Three operators on one machine, each with a registry, a gateway, workers, keys, ports and state of its own; one chain, and one bootstrap address:
/// that of the first. <c>tiny-chat</c> is at the first and the third, <c>digits</c> at the second, <c>tiny-embed</c> at the third.
/// </summary>
public sealed class ThreeOperators : IAsyncLifetime
{
    public const string Name = "three operators";

    public LocalNetwork First { get; } = Of(Chat, "registry,gateway-text", workers: 1);

    public LocalNetwork Second { get; private set; } = null!;

    public LocalNetwork Third { get; private set; } = null!;

    /// <summary>Since the last process of the three said that it is ready.</summary>
    public Stopwatch SinceReady { get; } = new();

    internal IReadOnlyList<(string Owner, Uri Gateway)> Gateways => [("first", First.Text), ("second", Second.Vision), ("third", Third.Text)];

    private static string Chat { get; } = Path.Combine(Installation.Root, "compute-worker", "models");

    private TextModels Models { get; } = new();

    public async Task InitializeAsync()
    {
        try
        {
            await First.UpAsync();
            var joining = new[] { "--chain", First.Chain.GetProperty("rpc").GetString()!, "--bootstrap", First.Description.GetProperty("discovery").GetString()! };
            Second = Of(Chat, "registry,gateway-vision", workers: 2, joining);
            Third = Of(Models.Path, "registry,gateway-text", workers: 2, joining);
            await Task.WhenAll(Second.UpAsync(), Third.UpAsync());
            SinceReady.Start();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async Task DisposeAsync()
    {
        // The chain is the first's, and goes last.
        await Task.WhenAll(new[] { Second, Third }.OfType<LocalNetwork>().Select(static network => network.DisposeAsync().AsTask()));
        await First.DisposeAsync();
        Models.Dispose();
    }

    /// <summary>What a gateway answers to a request for the model.</summary>
    internal static Task<Answer> AskAsync(Uri gateway, string model) => model switch
    {
        "digits" => Web.PostAsync(new Uri(gateway, "v2/models/digits/infer"), Image),
        TextModels.Embedding => Web.PostAsync(new Uri(gateway, "v1/embeddings"), JsonSerializer.Serialize(new { model, input = "one" })),
        _ => Web.PostAsync(new Uri(gateway, "v1/chat/completions"), Web.Chat("What is 12 + 30?", maxTokens: 8, model: model)),
    };

    private static string Image { get; } = JsonSerializer.Serialize(new
    {
        inputs = new[] { new { name = "image", datatype = "FP32", shape = new[] { 1, 1, 8, 8 }, data = new float[64] } },
    });

    private static LocalNetwork Of(string models, string apps, int workers, params string[] joining) =>
        new(["--price", "0", "--apps", apps, "--workers", workers.ToString(System.Globalization.CultureInfo.InvariantCulture), .. joining])
        {
            Settings = new Dictionary<string, string> { ["Ncn__Worker__Models"] = models },
        };
}

[CollectionDefinition(ThreeOperators.Name)]
public sealed class ThreeOperatorsCollection : ICollectionFixture<ThreeOperators>;
