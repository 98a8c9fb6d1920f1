using System.Text.Json.Nodes;
using Ncn.Inference.Repository;
using Ncn.Payments.Pricing;
using Ncn.Protocol;
using Ncn.Tests.Escrow;

namespace Ncn.ComputeWorker.Tests.Direct;

/// <summary>A node that promises what it cannot hold charges less for it, when the job holds it to the promise.</summary>
[Collection(NetworkGroup.Name)]
public sealed class ServiceLevelTests(NetworkFixture network)
{
    // Milliseconds that no first request of a process can keep.
    private const uint Impossible = 1;

    private static readonly Usage Limit = new(2000, 1000, 0);

    [Fact]
    public async Task A_promise_is_offered_and_what_falls_short_of_it_is_not_charged()
    {
        Party party = await network.NewPartyAsync(0);
        await using TestWorker worker = await TestWorker.StartAsync(party, network.Gateway, null, ("Ncn:Worker:Models", PromisingModels()));
        await network.Gateway.FundAsync(worker.Address, LocalChain.Dollar);
        await worker.ReadyAsync();
        ModelOffer offer = worker.TinyChat;
        Assert.Equal((new ServiceLevel(Impossible, 0), "fp32", ModelOffer.RetainsNothing), (offer.Service, offer.Quantization, offer.Retention));

        Delivery held = await RunAsync(worker, offer, offer.Service, total: 10_000);
        TokenAmount full = Full(offer, held);
        Assert.True(held.Receipt.Message.Price < full, $"{held.Receipt.Message.Price} of {full}");
        Assert.True(held.Receipt.Message.Price >= full - ServiceCredit.Of(full, ServiceCredit.MaxBasisPoints), $"{held.Receipt.Message.Price} of {full}");

        Delivery free = await RunAsync(worker, offer, ServiceLevel.None, total: 20_000);
        Assert.Equal(Full(offer, free), free.Receipt.Message.Price);
    }

    private async Task<Delivery> RunAsync(TestWorker worker, ModelOffer offer, ServiceLevel service, ulong total)
    {
        byte[] input = Inputs.Chat(maxTokens: 40);
        InferenceJob job = network.Gateway.Job(worker.Address, offer, input, 10_000).Message with { Service = service };
        return await DirectRun.RunAsync(
            worker.Compute, DirectRun.Request(network.Gateway.Sign(job), network.Gateway.Pay(worker.Address, total), input), offer, Limit, network.Domain);
    }

    private static TokenAmount Full(ModelOffer offer, Delivery delivery) =>
        UsagePrice.Of(offer.Price, new Usage(delivery.Receipt.Message.PromptTokens, delivery.Receipt.Message.CompletionTokens, 0));

    private static string PromisingModels()
    {
        string shipped = Path.Combine(Ncn.Tests.Anvil.Repository.Root, "compute-worker", "models", "tiny-chat", "1");
        string root = Directory.CreateTempSubdirectory("ncn-promising-").FullName;
        string folder = Directory.CreateDirectory(Path.Combine(root, "tiny-chat", "1")).FullName;
        foreach (string file in Directory.EnumerateFiles(shipped))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string path = Path.Combine(folder, ModelManifest.FileName);
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(path))!;
        manifest["service"] = new JsonObject { ["firstTokenMilliseconds"] = Impossible, ["tokensPerSecond"] = 0 };
        File.WriteAllText(path, manifest.ToJsonString());
        return root;
    }
}
