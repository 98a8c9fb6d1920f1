using System.Collections.Immutable;
using Ncn.Consensus;
using Ncn.Protocol;
using Ncn.Validator.Engine;
using Ncn.Validator.OnChain;
using Ncn.Verification;

namespace Ncn.Validator.Hosting;

/// <summary>Carries what the engine tells to those who care. On the engine's thread: nothing here waits.</summary>
internal sealed class HostEvents(WorkFold fold, OwedToChain owed, Action<EpochSettings> opened, Action<Exception> failed, ILogger log) : IEngineEvents
{
    public void Delivered(Block block, EpochSettings epoch, LedgerState ledger)
    {
        foreach (var output in fold.Deliver(block, epoch))
        {
            Tell(output);
        }
    }

    public void Restored(Block block, LedgerState ledger)
    {
        fold.Jump(block);
        log.LogWarning("The ledger goes on from a snapshot of height {Height}; the standing of nodes is not known here until the others have given it.", block.Height);
    }

    public Func<byte[]> Keep() => fold.Keep();

    public void EpochOpened(EpochSettings epoch) => opened(epoch);

    public void CheckpointReady(Checkpoint checkpoint, ImmutableSortedDictionary<int, Signature> signatures) => owed.Add(new OwedCheckpoint(checkpoint, signatures));

    public void Accused(Evidence evidence, Address key)
    {
        log.LogWarning("The validator {Key} has signed what excludes each other in epoch {Epoch}; the evidence goes to the chain.", key, evidence.Epoch);
        owed.Add(evidence, key);
    }

    public void Halted(string reason) => log.LogCritical("This validator signs nothing any more: {Reason}", reason);

    public void Failed(Exception failure) => failed(failure);

    private void Tell(VerificationOutput output)
    {
        switch (output)
        {
            case VerificationOutput.StatusChanged changed:
                log.LogInformation("The {Role} {Who} is {Status} now.", changed.Role, changed.Who, changed.Status);
                break;
            case VerificationOutput.PenaltyDecided decided:
                log.LogInformation("A penalty of {Amount} for the {Role} {Operator} was decided.", decided.Penalty.Amount, decided.Penalty.Role, decided.Penalty.Operator);
                break;
            case VerificationOutput.StatementMade made:
                log.LogInformation("Statement {Number} has the root {Root}.", made.Number, made.Root);
                break;
            default:
                log.LogDebug("{Output}", output.GetType().Name);
                break;
        }
    }
}
