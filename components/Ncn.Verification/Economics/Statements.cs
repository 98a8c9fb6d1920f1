namespace Ncn.Verification;

/// <summary>What the validators say to the chain of rewards and penalties: at each epoch's end, and when a penalty or a pardon is new.</summary>
internal static class Statements
{
    internal static void Make(Step step)
    {
        var stated = step.State;
        var root = RewardTree.Of(stated).Root;
        step.State = stated with { StatementNumber = stated.StatementNumber + 1, StatementRoot = root };
        step.Outputs.Add(new VerificationOutput.StatementMade(step.State.StatementNumber, root, stated));
    }
}
