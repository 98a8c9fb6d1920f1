using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Ncn.Cli.Network;
using Ncn.Cli.Processes;
using Ncn.Cli.Using;
using Ncn.Client;
using Ncn.Client.Inference;
using Spectre.Console;

namespace Ncn.Cli.Demo;

/// <summary>The worker that streams an answer is killed in the middle of it; another one goes on, and the client pays once.</summary>
internal static class FailoverAct
{
    private const string Question = "Count from 1 to 60";
    private const int PiecesBeforeKill = 5;
    private const int MaxTries = 5;

    public static async Task PlayAsync(DemoSession session, CancellationToken cancellation)
    {
        DemoSession.Title("A worker is killed during a stream");
        var models = await session.Text.ModelsAsync(cancellation);
        var request = ChatRequest.Ask(ChatCommand.DefaultModel, Question) with { MaxTokens = 400, Seed = 7, Temperature = 0 };
        var whole = await session.Text.ChatAsync(request, cancellationToken: cancellation);
        session.Keep("the unbroken count", models, request.Model, whole.Network);
        AnsiConsole.MarkupLine($"[blue]{Question}[/]");
        for (var attempt = 1; attempt <= MaxTries; attempt++)
        {
            var (text, killed, network) = await StreamAndKillAsync(session, request, cancellation);
            session.Keep("the broken count", models, request.Model, network);
            if (network is { Attempts: > 1 })
            {
                Report(text == whole.Content, killed, network, whole.Network!);
                await WaitForWorkersAsync(session, cancellation);
                return;
            }

            AnsiConsole.MarkupLine("[grey]the answer was whole before the worker died; again[/]");
            await WaitForWorkersAsync(session, cancellation);
        }

        throw new CliException($"In {MaxTries} tries no worker could be killed before its answer was whole.");
    }

    private static void Report(bool same, string? killed, NcnMember network, NcnMember unbroken)
    {
        if (!same)
        {
            throw new CliException("The answer after the worker's death differs from the unbroken one.");
        }

        if (network.Cost != unbroken.Cost)
        {
            throw new CliException($"The broken answer cost {network.Cost} units and the same one unbroken {unbroken.Cost}; the client paid for the failure.");
        }

        AnsiConsole.MarkupLine($"[yellow]{Markup.Escape(killed!)} was killed with kill -9[/] after {PiecesBeforeKill} pieces; node {network.Node} went on.");
        AnsiConsole.MarkupLine($"The answer is whole, word for word that of an unbroken run, and cost the same: {Dollars.Of(network.Cost)}, paid once.");
    }

    private static async Task<(string Text, string? Killed, NcnMember? Network)> StreamAndKillAsync(
        DemoSession session, ChatRequest request, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        var (pieces, killed, network) = (0, (string?)null, (NcnMember?)null);
        await foreach (var piece in session.Text.StreamChatAsync(request, cancellationToken: cancellation))
        {
            text.Append(piece.Text);
            AnsiConsole.Write(piece.Text);
            network = piece.Network ?? network;
            if (++pieces == PiecesBeforeKill)
            {
                killed = await KillBusyWorkerAsync(session, cancellation);
            }
        }

        AnsiConsole.WriteLine();
        return (text.ToString(), killed, network);
    }

    private static async Task<string?> KillBusyWorkerAsync(DemoSession session, CancellationToken cancellation)
    {
        var workers = RuntimeReport.Read(session.State)!.Workers.ToArray();
        var loads = await Task.WhenAll(workers.Select(worker => RunningJobsAsync(session, worker, cancellation)));
        var busiest = workers[Array.IndexOf(loads, loads.Max())];
        if (loads.Max() <= 0 || busiest.ProcessId is not { } processId)
        {
            return null;
        }

        RecordedProcess.Of(busiest.AppId, processId).Kill();
        return busiest.AppId;
    }

    private static async Task<long> RunningJobsAsync(DemoSession session, RuntimeApp worker, CancellationToken cancellation)
    {
        var status = await session.Operator.GetFromJsonAsync<JsonElement>(new Uri(worker.Address, "ncn/v1/node/status"), cancellation);
        return status.GetProperty("accepted").GetInt64() - status.GetProperty("completed").GetInt64();
    }

    private static async Task WaitForWorkersAsync(DemoSession session, CancellationToken cancellation)
    {
        using var probe = new NetworkProbe(session.State);
        while (await probe.WhatIsMissingAsync(NetworkOptions.DefaultWorkers, cancellation) is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
        }
    }
}
