using System.Net.Http.Json;
using System.Text.Json;
using Ncn.Chain;
using Ncn.Chain.Payment;
using Ncn.Client;
using Ncn.Client.Inference;
using Ncn.Payments.Channels;
using Ncn.Protocol;

namespace Ncn.Cli.Network;

/// <summary>Asks the running apps who and how they are.</summary>
internal sealed class NetworkProbe(StateFolder state) : IDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public void Dispose() => http.Dispose();

    /// <summary>What is not ready yet, in words; null when the whole network answers and every worker serves.</summary>
    public async Task<string?> WhatIsMissingAsync(int workers, CancellationToken cancellation)
    {
        if (RuntimeReport.Read(state) is not { Ready: true } report)
        {
            return "the apps are starting";
        }

        foreach (var app in report.Apps.Where(app => app.AppPort > 0))
        {
            if (!await IsReadyAsync(app, cancellation))
            {
                return $"{app.AppId} is not ready";
            }
        }

        foreach (var gateway in report.Gateways)
        {
            if (workers > 0 && await CountNodesAsync(gateway, cancellation) < workers)
            {
                return $"{gateway.AppId} does not know all {workers} workers";
            }
        }

        return await WhoIsUnfundedAsync(report);
    }

    // A paid network serves once its gateway's operator has put money into the channels to the nodes.
    private async Task<string?> WhoIsUnfundedAsync(RuntimeReport report)
    {
        var settings = NetworkSettings.Read(state);
        if (settings.FreeOfCharge)
        {
            return null;
        }

        using var gateway = KeyFiles.Read(state.KeyFile(KeyFiles.Gateway));
        using var chain = new ChainConnection(settings.ToChain());
        var escrow = new InferencePaymentContract(chain);
        foreach (var worker in report.Workers)
        {
            using var node = KeyFiles.Read(NodeKey(worker));
            var channel = NodeChannel.Config(gateway.Address, node.Address, settings.Token).Id(chain.Settings.PaymentsDomain);
            if (await IsEmptyAsync(escrow, channel))
            {
                return $"the channel to {worker.AppId} has no money yet";
            }
        }

        return null;
    }

    private static async Task<bool> IsEmptyAsync(InferencePaymentContract escrow, ChannelId channel)
    {
        try
        {
            return (await escrow.ReadChannelAsync(channel)).Unclaimed.IsZero;
        }
        catch (ChainException)
        {
            // The chain is not there yet; the caller asks again until its own limit.
            return true;
        }
    }

    private string NodeKey(RuntimeApp worker) => state.KeyFile(
        KeyFiles.Node(int.Parse(worker.AppId["compute-".Length..], System.Globalization.CultureInfo.InvariantCulture)));

    /// <summary>Every address, wallet and process of the network.</summary>
    public async Task<NetworkDescription> DescribeAsync(RunRecord? run, CancellationToken cancellation)
    {
        var settings = NetworkSettings.Read(state);
        var report = RuntimeReport.Read(state) ?? throw new CliException("The network is not running. Start it: ./ncn up");
        var gateways = new List<GatewayEntry>();
        foreach (var gateway in report.Gateways)
        {
            gateways.Add(await DescribeGatewayAsync(gateway, report.StreamOf(gateway), cancellation));
        }

        var workers = new List<WorkerEntry>();
        foreach (var worker in report.Workers)
        {
            workers.Add(await DescribeWorkerAsync(worker, report, cancellation));
        }

        return new NetworkDescription(
            gateways,
            run?.Proxy is null ? null : new ProxyEntry($"http://127.0.0.1:{run.ProxyPort}/v1"),
            workers,
            [.. report.Validators.Select(DescribeValidator)],
            new ChainEntry(settings.Rpc, settings.ChainId, settings.Token, settings.InferencePayment, settings.ValidatorRegistry),
            Wallets(),
            [.. report.Apps.Select(app => new DaprEntry(app.AppId, app.Http, app.ProcessId))],
            report.Azurite,
            report.Discovery,
            state.Path);
    }

    private async Task<bool> IsReadyAsync(RuntimeApp app, CancellationToken cancellation)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(app.Address, "readyz"), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception exception) when (IsSilence(exception, cancellation))
        {
            return false;
        }
    }

    private async Task<int> CountNodesAsync(RuntimeApp gateway, CancellationToken cancellation)
    {
        var models = await GetAsync(gateway, "v1/models", cancellation);
        return models is { } list && list.TryGetProperty("data", out var data) && data.GetArrayLength() > 0
            ? data.EnumerateArray().Min(model => model.GetProperty("ncn").GetProperty("nodes").GetInt32())
            : 0;
    }

    private async Task<GatewayEntry> DescribeGatewayAsync(RuntimeApp gateway, RuntimeApp? stream, CancellationToken cancellation)
    {
        var subnet = await GetAsync(gateway, "ncn/v1/subnet", cancellation);
        var address = gateway.Address.AbsoluteUri.TrimEnd('/');
        var (grpc, socket) = stream is null ? (null, null) : (stream.Address.Authority, $"ws://{stream.Address.Authority}/v1/ws");
        return subnet is { } found
            ? new GatewayEntry(
                found.GetProperty("subnet").GetUInt32(), found.GetProperty("name").GetString()!, address, grpc, socket, await ModelsAsync(gateway, cancellation))
            : new GatewayEntry(0, gateway.AppId[RuntimeReport.GatewayPrefix.Length..], address, grpc, socket, []);
    }

    private async Task<IReadOnlyList<string>> ModelsAsync(RuntimeApp gateway, CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = gateway.Address, Timeout = http.Timeout };
        try
        {
            return [.. (await new NcnClient(client).ModelsAsync(cancellation)).Select((ServedModel model) => model.Id)];
        }
        catch (Exception exception) when (exception is NcnException || IsSilence(exception, cancellation))
        {
            return [];
        }
    }

    private async Task<WorkerEntry> DescribeWorkerAsync(RuntimeApp worker, RuntimeReport report, CancellationToken cancellation)
    {
        var key = NodeKey(worker);
        using var signer = File.Exists(key) ? KeyFiles.Read(key) : null;
        foreach (var gateway in report.Gateways)
        {
            if (await GetAsync(gateway, "ncn/v1/nodes", cancellation) is { } snapshot && signer is not null
                && FindNode(snapshot, signer.Address) is { } node)
            {
                return new WorkerEntry(
                    worker.AppId, signer.Address, node.GetProperty("grpcEndpoint").GetString(), worker.Address.AbsoluteUri.TrimEnd('/'), worker.ProcessId,
                    [.. node.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()!)]);
            }
        }

        return new WorkerEntry(worker.AppId, signer?.Address, null, worker.Address.AbsoluteUri.TrimEnd('/'), worker.ProcessId, []);
    }

    private ValidatorEntry DescribeValidator(RuntimeApp validator)
    {
        var number = int.Parse(validator.AppId[RuntimeReport.ValidatorPrefix.Length..], System.Globalization.CultureInfo.InvariantCulture);
        var (file, voting) = (state.KeyFile(KeyFiles.Validator(number)), state.KeyFile(KeyFiles.Consensus(number)));
        using var staker = KeyFiles.Read(file);
        using var voter = File.Exists(voting) ? KeyFiles.Read(voting) : null;
        return new ValidatorEntry(validator.AppId, staker.Address, voter?.Address, validator.Address.AbsoluteUri.TrimEnd('/'), validator.ProcessId, file, voting);
    }

    private static JsonElement? FindNode(JsonElement snapshot, Address node) => snapshot.GetProperty("nodes").EnumerateArray()
        .Select(view => (JsonElement?)view.GetProperty("record"))
        .FirstOrDefault(record => Address.TryParse(record!.Value.GetProperty("operator").GetString(), out var found) && found == node);

    private async Task<JsonElement?> GetAsync(RuntimeApp app, string path, CancellationToken cancellation)
    {
        try
        {
            return await http.GetFromJsonAsync<JsonElement>(new Uri(app.Address, path), cancellation);
        }
        catch (Exception exception) when (exception is JsonException || IsSilence(exception, cancellation))
        {
            // Not there or not ready: the caller says so.
            return null;
        }
    }

    private static bool IsSilence(Exception exception, CancellationToken cancellation) =>
        exception is HttpRequestException || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);

    private List<WalletEntry> Wallets()
    {
        var wallets = new List<WalletEntry>();
        foreach (var path in Directory.EnumerateFiles(state.Keys, "*.key").Order(StringComparer.Ordinal))
        {
            using var signer = KeyFiles.Read(path);
            wallets.Add(new WalletEntry(Path.GetFileNameWithoutExtension(path).Split('-')[0], signer.Address, path));
        }

        return wallets;
    }
}
