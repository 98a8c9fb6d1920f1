using Ncn.ComputeWorker.Jobs;
using Ncn.Inference.Generation;
using Ncn.Protocol;
using Ncn.Verification.Checks;

namespace Ncn.Attacks.Nodes;

/// <summary>What became of one sample.</summary>
/// <param name="Outcome">The validator's.</param>
/// <param name="GatewayRefused">The gateway did not take the answer; a gateway that is in on it shows it all the same.</param>
/// <param name="IsHarmless">It passed, and the answer is the honest one, token for token: there was nothing to find.</param>
internal readonly record struct TrialResult(CheckOutcome Outcome, bool GatewayRefused, bool IsHarmless);

/// <summary>Gives jobs to nodes and their answers to a validator.</summary>
internal sealed class Trial(ModelShelf shelf) : IDisposable
{
    private readonly AttackNode _node = new(shelf.Promised);
    private readonly Validator _validator = new(shelf.Promised);

    /// <summary>One sample of a cheat.</summary>
    public async Task<TrialResult> RunAsync(Cheat cheat, Sample sample, Sample before)
    {
        (Signed<InferenceJob> job, GenerationRequest asked) = Take(sample);
        (Draft? lastDraft, ReceiptEvidence? last) = cheat.RemembersLast ? await HonestAsync(before) : (null, null);
        var work = new CheatWork(shelf, asked, lastDraft, last);
        Draft draft = await cheat.WriteAsync(work);
        (ReceiptEvidence evidence, string? refusal) = _node.Sign(job, sample.Input, (uint)asked.Prompt.Length, draft, cheat.Alter);
        CheckOutcome outcome = await _validator.JudgeAsync(cheat.Present(evidence, work));
        bool isHarmless = !cheat.LiesAnyway && !outcome.CountsAsFailed && await IsHonestAsync(draft, asked);
        return new TrialResult(outcome, refusal is not null, isHarmless);
    }

    public void Dispose()
    {
        _node.Dispose();
        _validator.Dispose();
    }

    private async Task<(Draft, ReceiptEvidence)> HonestAsync(Sample sample)
    {
        (Signed<InferenceJob> job, GenerationRequest asked) = Take(sample);
        Draft draft = await Draft.GeneratedAsync(shelf.Promised.Engine, asked);
        return (draft, _node.Sign(job, sample.Input, (uint)asked.Prompt.Length, draft, static receipt => receipt).Evidence);
    }

    private async Task<bool> IsHonestAsync(Draft draft, GenerationRequest asked)
    {
        Draft honest = await Draft.GeneratedAsync(shelf.Promised.Engine, asked);
        return draft.Tokens.AsSpan().SequenceEqual(honest.Tokens);
    }

    private (Signed<InferenceJob> Job, GenerationRequest Asked) Take(Sample sample)
    {
        var input = (JobInput.Generate)JobInput.Parse(sample.Input, shelf.Promised, sample.Seed);
        return (_node.Job(sample.Input, sample.Seed), input.Request);
    }
}
