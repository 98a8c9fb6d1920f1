using Grpc.Core;
using Ncn.Protocol;
using Ncn.Verification;
using Ncn.Verification.Checks;

namespace Ncn.Validator.Duty;

/// <summary>Has the operator's own worker run answers again, one at a time, and says what was found.</summary>
/// <param name="check">The check; unix milliseconds of the call, which the worker answers for a minute only.</param>
/// <param name="worker">For the log.</param>
internal sealed class WorkerCheck(Func<ReceiptEvidence, ulong, CancellationToken, Task<CheckOutcome>> check, Uri worker, TimeProvider time, ILogger log) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Null when it cannot be said now, because the worker is not there or at other work all the time: it is asked for again while it is owed.</summary>
    internal async Task<Finding?> FindAsync(ReceiptEvidence evidence, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
            var outcome = await CheckAsync(evidence, limit.Token);
            log.LogInformation("Answer {Request} of node {Node}: {Result} ({Reason}).", evidence.Receipt.Message.RequestId, evidence.Receipt.Message.Node, outcome.Result, outcome.Reason);
            return FindingOf(outcome);
        }
        catch (Exception failure) when (failure is RpcException or InvalidDataException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            log.LogWarning("The worker {Worker} gives no re-run now: {Reason}", worker, failure.Message);
            return null;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// What is said of an outcome. What a gateway shows and the node did not sign is the gateway's fault; so is a job that does not go with the receipt: the
    /// gateway alone signs jobs, and takes no receipt of another one.
    /// </summary>
    internal static Finding FindingOf(CheckOutcome outcome) => outcome switch
    {
        { Result: CheckResult.Passed } => Finding.Passed,
        { Result: CheckResult.Missing } or { Reason: CheckReason.OtherJob or CheckReason.FingerprintPositions } => Finding.Withheld,
        { Result: CheckResult.Failed } => Finding.Failed,
        _ => Finding.Unchecked,
    };

    public void Dispose() => _turn.Dispose();

    // A worker that others use too is asked until it has a turn for us.
    private async Task<CheckOutcome> CheckAsync(ReceiptEvidence evidence, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await check(evidence, (ulong)time.GetUtcNow().ToUnixTimeMilliseconds(), cancellationToken);
            }
            catch (RpcException busy) when (busy.StatusCode == StatusCode.ResourceExhausted)
            {
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }
}
