using Ncn.Protocol;
using Ncn.Protocol.Cryptography;

namespace Ncn.Verification;

/// <summary>An account's reward as IRewards.claimReward takes it.</summary>
public sealed record RewardClaim(SubnetId Subnet, Address Token, Address Account, TokenAmount Cumulative, IReadOnlyList<Hash32> Proof);

/// <summary>
/// The tree under a statement's root: rewards by account, penalties by id, pardons by id, and last the digest of the state that it is of. Leaves are
/// keccak-256(keccak-256(abi.encode(…))) as IRewards and IPenalties say: 1 for a reward, 2 for a penalty, 3 for a pardon; 4 is
/// abi.encode(uint8 4, uint256 subnetId, bytes32 digest), which no contract reads.
/// </summary>
public sealed class RewardTree
{
    private readonly VerificationState _state;
    private readonly List<Hash32> _leaves = [];
    private readonly Dictionary<Hash32, int> _places = [];

    private RewardTree(VerificationState state)
    {
        _state = state;
        var (subnet, token) = (state.Place.Subnet, state.Place.Token);
        foreach (var leaf in state.Accounts.Select(entry => RewardLeaf(subnet, token, entry.Key, entry.Value))
            .Concat(state.Penalties.Values.Select(penalty => PenaltyLeaf(subnet, penalty))).Concat(state.Pardons.Select(id => PardonLeaf(subnet, id)))
            .Append(StateLeaf(subnet, state.Digest)))
        {
            _places[leaf] = _leaves.Count;
            _leaves.Add(leaf);
        }

        Root = MerkleTree.Root(_leaves);
    }

    /// <summary>What checkpoints carry.</summary>
    public Hash32 Root { get; }

    /// <summary>Of what was stated (<see cref="VerificationOutput.StatementMade"/>).</summary>
    public static RewardTree Of(VerificationState stated)
    {
        ArgumentNullException.ThrowIfNull(stated);
        return new RewardTree(stated);
    }

    /// <summary>What an account can claim; null when it never earned anything.</summary>
    public RewardClaim? ClaimOf(Address account) => _state.Accounts.TryGetValue(account, out var cumulative)
        ? new RewardClaim(_state.Place.Subnet, _state.Place.Token, account, cumulative, ProofOf(RewardLeaf(_state.Place.Subnet, _state.Place.Token, account, cumulative)))
        : null;

    /// <summary>The way up of a penalty of the state.</summary>
    /// <exception cref="KeyNotFoundException">The penalty is not in it.</exception>
    public IReadOnlyList<Hash32> ProofOf(Penalty penalty) => ProofOf(PenaltyLeaf(_state.Place.Subnet, penalty));

    /// <summary>The way up of a pardon of the state.</summary>
    /// <exception cref="KeyNotFoundException">The pardon is not in it.</exception>
    public IReadOnlyList<Hash32> ProofOfPardon(Hash32 penalty) => ProofOf(PardonLeaf(_state.Place.Subnet, penalty));

    /// <summary>The way up of the state's digest: a snapshot proves itself by it.</summary>
    public IReadOnlyList<Hash32> ProofOfState() => ProofOf(_leaves[^1]);

    /// <summary>A state whose bytes came from anybody is the one that was stated: the ledger has this root.</summary>
    public static bool IsStated(VerificationState state, Hash32 root) => Of(state).Root == root;

    /// <summary>keccak-256(keccak-256(abi.encode(uint8 1, uint256 subnetId, address token, address account, uint128 cumulativeAmount))).</summary>
    public static Hash32 RewardLeaf(SubnetId subnet, Address token, Address account, TokenAmount cumulative) =>
        Twice(Begin(1, subnet).Address(token).Address(account).Number(cumulative.Units));

    /// <summary>keccak-256(keccak-256(abi.encode(uint8 2, uint256 subnetId, bytes32 penaltyId, uint8 role, address operator, uint128 amount, bytes32 reason))).</summary>
    public static Hash32 PenaltyLeaf(SubnetId subnet, Penalty penalty)
    {
        ArgumentNullException.ThrowIfNull(penalty);
        return Twice(Begin(2, subnet).Word(penalty.Id).Number((uint)penalty.Role).Address(penalty.Operator).Number(penalty.Amount.Units).Word(penalty.Reason));
    }

    /// <summary>keccak-256(keccak-256(abi.encode(uint8 3, uint256 subnetId, bytes32 penaltyId))).</summary>
    public static Hash32 PardonLeaf(SubnetId subnet, Hash32 penalty) => Twice(Begin(3, subnet).Word(penalty));

    private static Hash32 StateLeaf(SubnetId subnet, Hash32 digest) => Twice(Begin(4, subnet).Word(digest));

    private IReadOnlyList<Hash32> ProofOf(Hash32 leaf) => MerkleTree.Proof(_leaves, _places[leaf]);

    // abi.encode of static members is one word for each, as in EIP-712; the first takes the place of the type's hash.
    private static TypedDataEncoder Begin(byte kind, SubnetId subnet)
    {
        Span<byte> word = stackalloc byte[Hash32.Size];
        word.Clear();
        word[^1] = kind;
        return new TypedDataEncoder(new Hash32(word)).Number(subnet.Value);
    }

    private static Hash32 Twice(TypedDataEncoder encoder) => Keccak256.Of(encoder.Hash().ToArray());
}
