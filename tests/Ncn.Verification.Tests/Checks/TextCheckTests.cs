using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Verification.Tests.Checks;

/// <summary>Each rule of the check by the one thing that breaks it.</summary>
public sealed class TextCheckTests : IDisposable
{
    private readonly AnswerForge _forge = new();

    public void Dispose() => _forge.Dispose();

    [Fact]
    public void An_honest_answer_passes() => Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text(), _forge.Rerun()));

    [Fact]
    public void An_answer_without_a_token_passes_when_the_model_ends_it_at_once()
    {
        ReceiptEvidence evidence = _forge.Text(rest: "", tokens: 0);
        Assert.Equal(CheckOutcome.Passed, Judge(evidence, _forge.Rerun(static found => found with { Finish = null }, rest: "", tokens: 0)));
        Assert.Equal(CheckReason.Truncated, Judge(evidence, _forge.Rerun(static found => found with { Finish = null, StopMargin = 4096 }, rest: "", tokens: 0)).Reason);
    }

    [Fact]
    public void A_receipt_of_another_job_fails_whichever_member_differs()
    {
        Func<Receipt, Receipt>[] others =
        [
            static receipt => receipt with { RequestId = default }, static receipt => receipt with { Attempt = 0 }, static receipt => receipt with { Gateway = Address.Zero },
            static receipt => receipt with { ModelDigest = default }, static receipt => receipt with { InputHash = default }, static receipt => receipt with { Seed = 8 },
        ];
        Assert.All(others, other => Assert.Equal((CheckResult.Failed, CheckReason.OtherJob), Of(Judge(_forge.Text(other), _forge.Rerun()))));
    }

    [Fact]
    public void What_the_gateway_shows_must_be_what_was_signed()
    {
        ReceiptEvidence honest = _forge.Text();
        (ReceiptEvidence Shown, CheckReason Reason)[] wrong =
        [
            (honest with { Job = _forge.Node.Sign(honest.Job.Message, AnswerForge.Domain) }, CheckReason.JobNotSigned),
            (honest with { Receipt = _forge.Gateway.Sign(honest.Receipt.Message, AnswerForge.Domain) }, CheckReason.ReceiptNotSigned),
            (honest with { Input = [1] }, CheckReason.OtherInput),
            (honest with { Fingerprints = [1] }, CheckReason.OtherFingerprints),
            (honest with { Fingerprints = [] }, CheckReason.OtherFingerprints),
            (_forge.Text(static receipt => receipt with { OutputHash = default }), CheckReason.OtherAnswer),
            (honest with { Output = [.. honest.Output.Skip(1)] }, CheckReason.OtherAnswer),
        ];
        Assert.All(wrong, shown => Assert.Equal((CheckResult.Missing, shown.Reason), Of(Judge(shown.Shown, _forge.Rerun()))));
        Assert.All(wrong, shown => Assert.True(Judge(shown.Shown, _forge.Rerun()).CountsAsFailed));
    }

    [Theory]
    [InlineData(21, 5)]
    [InlineData(20, 6)]
    public void Token_counts_must_be_those_of_the_answer_and_of_the_prompt(uint completion, uint prompt) => Assert.Equal(
        (CheckResult.Failed, CheckReason.Counts),
        Of(Judge(_forge.Text(receipt => receipt with { CompletionTokens = completion, PromptTokens = prompt }), _forge.Rerun())));

    [Fact]
    public void The_text_must_be_that_of_the_tokens()
    {
        Assert.Equal(CheckReason.Text, Judge(_forge.Text(rest: "buy here"), _forge.Rerun()).Reason);
        Assert.Equal(CheckReason.Text, Judge(_forge.Text(rest: ""), _forge.Rerun()).Reason);
        Assert.Equal(CheckReason.BeyondEnd, Judge(_forge.Text(), _forge.Rerun(static found => found with { Taken = 19 })).Reason);
    }

    [Fact]
    public void Something_must_have_ended_the_answer()
    {
        Rerun Unended(long margin) => _forge.Rerun(found => found with { Finish = null, StopMargin = margin });
        Assert.Equal(new CheckOutcome(CheckResult.Failed, CheckReason.Truncated, 1025, 1024), Judge(_forge.Text(), Unended(1025)));
        Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text(), Unended(1024)));

        // The gateway stopped it: nothing ended it, and what was held back came or did not.
        Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text(rest: "") with { WasStopped = true }, Unended(4096)));
        Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text() with { WasStopped = true }, _forge.Rerun()));
    }

    [Fact]
    public void Log_probabilities_may_be_off_by_the_tolerance_and_no_more()
    {
        Rerun Off(int steps) => _forge.Rerun(found => found with { Fingerprints = _forge.Fingerprints(20, (float)steps / Fingerprint.StepsPerNat) });
        Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text(), Off(4)));
        Assert.Equal(new CheckOutcome(CheckResult.Failed, CheckReason.Logprobs, 5, 4), Judge(_forge.Text(), Off(5)));
    }

    [Fact]
    public void A_near_tie_may_fall_either_way_and_a_wrong_draw_may_not()
    {
        Rerun Doubts(params long[] margins) => _forge.Rerun(found => found with { Doubts = [.. margins.Select((margin, at) => new RerunDoubt((uint)at, 3, margin))] });
        Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text(), Doubts(1024)));
        Assert.Equal(new CheckOutcome(CheckResult.Failed, CheckReason.Sampling, 2048, 1024), Judge(_forge.Text(), Doubts(2048)));
        Assert.Equal(CheckOutcome.Passed, Judge(_forge.Text(), Doubts(1, 1)));
        Assert.Equal(new CheckOutcome(CheckResult.Failed, CheckReason.NearTies, 3, 2), Judge(_forge.Text(), Doubts(1, 1, 1)));
    }

    [Fact]
    public void Without_a_measured_tolerance_nobody_can_say_and_it_is_no_pass()
    {
        Assert.Equal(CheckOutcome.Unchecked(CheckReason.NotCalibrated), Judge(_forge.Text(), _forge.Rerun() with { FoundProvider = "CUDA" }));
        Assert.Equal(CheckOutcome.Unchecked(CheckReason.NotCalibrated), Judge(_forge.Text(), _forge.Rerun() with { Tolerances = null }));
        Assert.Equal(CheckOutcome.Unchecked(CheckReason.Sealed), Judge(_forge.Text() with { IsSealed = true, Output = [] }, _forge.Rerun()));
        Assert.Equal(CheckOutcome.NoAnswer, Judge(_forge.Text(), _forge.Rerun() with { Text = null }));
    }

    private static CheckOutcome Judge(ReceiptEvidence evidence, Rerun rerun) => TextCheck.Judge(evidence, rerun, AnswerForge.Domain);

    private static (CheckResult, CheckReason) Of(CheckOutcome outcome) => (outcome.Result, outcome.Reason);
}
