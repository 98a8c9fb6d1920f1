using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Ncn.Protocol;
using Ncn.Validator.Duty;
using Ncn.Verification;
using Ncn.Verification.Checks;

namespace Ncn.Validator.Tests.Duty;

/// <summary>What becomes of a re-run's outcome, and of a worker that gives none.</summary>
public sealed class WorkerCheckTests
{
    private static readonly ReceiptEvidence Evidence = new(
        0, new(new InferenceJob(default, 0, default, default, default, default, 0, default, 0), default),
        new(new Receipt(default, 0, default, default, default, default, default, 0, 0, 0, default, default, default, default, 0, 0), default), false, [], [], []);

    [Theory]
    [InlineData(CheckResult.Passed, CheckReason.None, Finding.Passed)]
    [InlineData(CheckResult.Failed, CheckReason.Logprobs, Finding.Failed)]
    [InlineData(CheckResult.Failed, CheckReason.OtherJob, Finding.Withheld)]
    [InlineData(CheckResult.Failed, CheckReason.FingerprintPositions, Finding.Withheld)]
    [InlineData(CheckResult.Missing, CheckReason.OtherInput, Finding.Withheld)]
    [InlineData(CheckResult.Unchecked, CheckReason.NoModel, Finding.Unchecked)]
    public void What_only_the_gateway_signs_is_never_the_nodes_fault(CheckResult result, CheckReason reason, Finding finding) =>
        Assert.Equal(finding, WorkerCheck.FindingOf(new CheckOutcome(result, reason)));

    [Fact]
    public async Task A_worker_that_is_down_gives_no_verdict_and_is_asked_again_and_a_busy_one_until_it_has_a_turn()
    {
        var answers = new Queue<StatusCode?>([StatusCode.Unavailable, StatusCode.ResourceExhausted, null]);
        using var check = new WorkerCheck(
            (_, _, _) => answers.Dequeue() is { } refusal ? throw new RpcException(new Status(refusal, "not now")) : Task.FromResult(CheckOutcome.Passed),
            new Uri("http://127.0.0.1:1"), TimeProvider.System, NullLogger.Instance);
        Assert.Null(await check.FindAsync(Evidence, CancellationToken.None));
        Assert.Equal(Finding.Passed, await check.FindAsync(Evidence, CancellationToken.None));
        Assert.Empty(answers);
    }
}
