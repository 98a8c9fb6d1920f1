using Ncn.Consensus;
using Ncn.Consensus.Http;
using Ncn.Consensus.Wire;

namespace Ncn.Validator.Engine;

/// <summary>What the core sends, as frames.</summary>
internal static class CoreSending
{
    /// <summary>To the member that it names, or to all.</summary>
    internal static void Send(this IValidatorLink link, ConsensusOutput.Send send, ValidatorSet set)
    {
        foreach (var message in WireMessage.Of(send.Message))
        {
            if (send.To is { } place)
            {
                link.Send(set.Members[place].Key, message);
            }
            else
            {
                link.SendAll(message);
            }
        }
    }
}
