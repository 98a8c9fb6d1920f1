using Ncn.Protocol;

namespace Ncn.Consensus.Rules;

/// <summary>Blocks are executed on their parents, each once, by the shell's ledger.</summary>
internal static class Executions
{
    /// <summary>Asks for every block whose parent was executed.</summary>
    internal static void Advance(Step step)
    {
        var isMoving = true;
        while (isMoving)
        {
            isMoving = false;
            foreach (var entry in step.State.Tree.Entries.Values)
            {
                if (entry.Execution == Execution.Unknown && step.State.Tree.IsExecuted(entry.Block.Header.ParentHash))
                {
                    Execute(step, entry);
                    isMoving = true;
                }
            }
        }
    }

    internal static void Validated(Step step, Hash32 hash, bool isValid)
    {
        if (step.State.Tree[hash] is { Execution: Execution.Asked } entry)
        {
            Set(step, entry, isValid ? Execution.Valid : Execution.Invalid);
        }
    }

    private static void Execute(Step step, BlockEntry entry)
    {
        var header = entry.Block.Header;
        if (!Headers.FollowsFrom(step.Epoch, header, step.State.Tree.Find(header.ParentHash)!))
        {
            Set(step, entry, Execution.Invalid);
        }
        else if (header.Kind == BlockKind.Tail)
        {
            Set(step, entry, Execution.Valid); // nothing to execute
        }
        else
        {
            Set(step, entry, Execution.Asked);
            step.OutputOnLedger(header.ParentHash, new ConsensusOutput.Validate(entry.Block));
        }
    }

    private static void Set(Step step, BlockEntry entry, Execution execution) =>
        step.State = step.State with { Tree = step.State.Tree.With(entry with { Execution = execution }) };
}
