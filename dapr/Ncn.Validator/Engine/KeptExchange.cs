using Ncn.Consensus;
using Ncn.Consensus.Wire;
using Ncn.Protocol;
using Ncn.Validator.Signing;

namespace Ncn.Validator.Engine;

/// <summary>What is kept beside the ledger, asked for and given. The engine's thread alone uses it.</summary>
internal sealed class KeptExchange(EngineSurroundings around, SigningGuard guard, EngineInbox inbox)
{
    private readonly KeptAnswering _answering = new(around.Link, around.Kept, digest => guard.SignMessage(digest).Signature, inbox);
    private readonly KeptFetching _fetching = new(around.Link, around.Kept, inbox, around.Time, around.Log);

    /// <summary>Once in a round.</summary>
    internal void Look(EpochSettings epoch) => _fetching.Look(epoch);

    /// <summary>A question of another, or an answer to an own one.</summary>
    internal void Take(Address from, object message, EpochSettings epoch)
    {
        if (message is WireMessage.Asked asked)
        {
            _answering.Answer(from, asked);
        }
        else if (message is Answer answer)
        {
            _fetching.Answered(from, answer, epoch);
        }
    }
}
