using Microsoft.Extensions.Options;
using Ncn.Chain;
using Ncn.ComputeWorker.Network;
using Ncn.ComputeWorker.Payments;

namespace Ncn.ComputeWorker.Operator;

/// <summary>A part of the node that keeps it from taking jobs.</summary>
/// <param name="Part">models, gateways, chain or process: for anybody.</param>
/// <param name="Detail">What is wrong, for the operator; it may name endpoints.</param>
internal sealed record ReadinessProblem(string Part, string Detail);

/// <summary>Says whether this node can take jobs, and if not, everything that is missing.</summary>
internal sealed class Readiness(NodeModels models, KnownGateways gateways, IEscrow escrow, IHostApplicationLifetime lifetime, IOptions<WorkerOptions> options)
{
    /// <summary>All problems; none for a node that is ready.</summary>
    public async Task<IReadOnlyList<ReadinessProblem>> FindAsync()
    {
        var problems = new List<ReadinessProblem>();
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            problems.Add(new ReadinessProblem("process", "the node is stopping and takes no more jobs"));
        }

        if (models.Offers.Count == 0)
        {
            problems.Add(new ReadinessProblem("models", "no model is loaded; see the log"));
        }

        if (!gateways.AnyJoined && !options.Value.ReRunsOnly)
        {
            IEnumerable<string> answers = gateways.Links.Select(link => $"{link.BaseAddress} ({link.Problem ?? "no answer yet"})");
            problems.Add(new ReadinessProblem("gateways", $"no gateway has taken the node in yet: {string.Join(", ", answers)}"));
        }

        if (await ChainProblemAsync() is { } problem)
        {
            problems.Add(new ReadinessProblem("chain", problem));
        }

        return problems;
    }

    private async Task<string?> ChainProblemAsync()
    {
        try
        {
            await escrow.CheckAsync();
            return null;
        }
        catch (Exception exception) when (exception is ChainException or InvalidOperationException)
        {
            return exception.Message;
        }
    }
}
