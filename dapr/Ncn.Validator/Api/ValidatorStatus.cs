using Ncn.Protocol;

namespace Ncn.Validator.Api;

/// <summary>How a validator stands: the answer of <c>GET /ncn/v1/ledger/status</c>.</summary>
/// <param name="Validator">Its consensus key; zero until it was loaded.</param>
/// <param name="State">starting, following, voting, halted or failed.</param>
/// <param name="Problem">Why it does not vote, in words; null while it does.</param>
/// <param name="Link">Where other validators connect; null before it listens.</param>
/// <param name="View">Of the protocol, in the epoch.</param>
/// <param name="Height">Of the last final block.</param>
/// <param name="StateRoot">Of the ledger after it.</param>
/// <param name="Waiting">Operations that wait for a block.</param>
/// <param name="Connected">Other validators that there is a connection with.</param>
/// <param name="Members">The set of the epoch.</param>
/// <param name="ChainEpoch">The epoch that is open on the chain.</param>
/// <param name="CheckpointHeight">Of the newest checkpoint that the chain has accepted; 0 before the first.</param>
internal sealed record ValidatorStatus(
    Address Validator, string State, string? Problem, string? Link, ulong Epoch, ulong View, ulong Height, Hash32 StateRoot, int Waiting, int Connected,
    IReadOnlyList<ValidatorMember> Members, ulong ChainEpoch, ulong CheckpointHeight);

/// <summary>One who votes.</summary>
/// <param name="IsAccused">It was caught at signing what excludes each other in this epoch.</param>
internal sealed record ValidatorMember(Address Key, Address? Account, TokenAmount Weight, bool IsAccused);

/// <summary>An operation for the ledger, as its author sends it.</summary>
/// <param name="Kind">Which it is.</param>
/// <param name="Content">Its canonical bytes.</param>
/// <param name="Signature">By its author, over LedgerOperation(kind, content) in the network's domain.</param>
internal sealed record OperationRequest(byte Kind, HexBytes Content, Signature Signature);

/// <summary>What an account can claim: the answer of <c>GET /ncn/v1/ledger/rewards/{account}</c>.</summary>
internal sealed record RewardAnswer(SubnetId Subnet, Address Token, TokenAmount Cumulative, Hash32 Root, IReadOnlyList<Hash32> Proof);

/// <summary>A penalty of the ledger.</summary>
/// <param name="Proof">Under the root of the newest statement.</param>
internal sealed record PenaltyAnswer(Hash32 Id, string Role, Address Operator, TokenAmount Amount, Hash32 Reason, ulong Epoch, bool IsPardoned, Hash32 Root, IReadOnlyList<Hash32> Proof);
