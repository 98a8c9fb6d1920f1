using Ncn.Consensus.Wire;

namespace Ncn.Validator.Engine;

/// <summary>The way to the other validators of the running epoch. What comes from them is given to <see cref="ValidatorEngine.Receive"/>.</summary>
internal interface IValidatorLink
{
    /// <summary>Queues a message and returns at once. One that cannot be delivered is lost: what matters is sent again.</summary>
    /// <param name="to">A place in the set; null for all others.</param>
    void Send(int? to, WireMessage message);

    /// <summary>Another epoch, other members: called before the first message of it is sent.</summary>
    void Open(Consensus.EpochSettings epoch);
}
