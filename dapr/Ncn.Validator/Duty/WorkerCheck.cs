using Grpc.Core;
using Grpc.Net.Client;
using Ncn.Protocol;
using Ncn.Protocol.Grpc;
using Ncn.Verification;
using Ncn.Verification.Checks;
using Ncn.Verification.Grpc;

namespace Ncn.Validator.Duty;

/// <summary>Has the operator's own worker run answers again, and says what was found.</summary>
/// <param name="address">The worker's gRPC endpoint.</param>
internal sealed class WorkerCheck(Uri address, CheckParties parties, TimeProvider time, ILogger log) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(address);

    /// <summary>Null when it cannot be said now: the worker is busy, or not there.</summary>
    internal async Task<Finding?> FindAsync(ReceiptEvidence evidence, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            var outcome = await new AnswerChecker(new Compute.ComputeClient(_channel), parties).CheckAsync(evidence, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), limit.Token);
            log.LogInformation("Answer {Request} of node {Node}: {Result} ({Reason}).", evidence.Receipt.Message.RequestId, evidence.Receipt.Message.Node, outcome.Result, outcome.Reason);
            return FindingOf(outcome.Result);
        }
        catch (Exception failure) when (failure is RpcException or InvalidDataException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogInformation("The worker {Worker} gives no re-run now: {Reason}", address, failure.Message);
            return null;
        }
    }

    public void Dispose() => _channel.Dispose();

    // What a gateway shows and the node did not sign is the gateway's fault.
    private static Finding FindingOf(CheckResult result) => result switch
    {
        CheckResult.Passed => Finding.Passed,
        CheckResult.Failed => Finding.Failed,
        CheckResult.Missing => Finding.Withheld,
        _ => Finding.Unchecked,
    };
}
