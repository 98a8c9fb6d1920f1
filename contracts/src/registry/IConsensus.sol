// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Consensus on chain: keys, epochs, checkpoints, equivocation
/// @notice One instance of consensus per subnet. Validators vote off chain; the chain fixes who votes
/// with which weight in an epoch, accepts what more than two thirds of that weight signed, and takes the
/// stake of whoever signed two things that no honest validator signs both.
/// @dev Votes and checkpoints are EIP-712 messages of the domain {name "NCN-Consensus", version "1",
/// chainId, verifyingContract this, salt networkSalt(subnetId)}. A consensus key signs nothing else, and
/// each signature is 64 bytes r, yParityAndS (EIP-2098) with low s.
interface IConsensus {
    /// @notice A vote. kind 1 notarizes, 2 nullifies, 3 finalizes; blockHash is zero for kind 2 and
    /// for no other.
    struct Vote {
        uint8 kind;
        uint64 epoch;
        uint64 view_;
        bytes32 blockHash;
    }

    /// @notice A state of the subnet's ledger. nextSetHash is non-zero in the last one of an epoch only.
    struct Checkpoint {
        uint64 epoch;
        uint64 height;
        bytes32 blockHash;
        bytes32 stateRoot;
        bytes32 receiptsRoot;
        bytes32 rewardsRoot;
        bytes32 nextSetHash;
    }

    /// @notice An accepted checkpoint.
    /// @param contentHash EIP-712 struct hash of the whole checkpoint.
    struct AcceptedCheckpoint {
        uint64 epoch;
        uint64 height;
        uint40 acceptedAt;
        bytes32 blockHash;
        bytes32 stateRoot;
        bytes32 rewardsRoot;
        bytes32 contentHash;
    }

    /// @notice A set of voters and their weights.
    /// @param blob Contract whose code is a zero byte and the set: per voter, ascending by key, key (20
    /// bytes) and weight (12 bytes).
    /// @param takenAt When it was taken.
    /// @param setHash Keccak of the set's bytes.
    /// @param totalStake Sum of the weights.
    struct Snapshot {
        address blob;
        uint40 takenAt;
        bytes32 setHash;
        uint128 totalStake;
    }

    /// @notice An epoch.
    /// @param snapshotId Whose votes count in it.
    /// @param openedAt Zero when there was no such epoch yet.
    /// @param closedAt Zero while it is open.
    struct Epoch {
        uint32 snapshotId;
        uint40 openedAt;
        uint40 closedAt;
    }

    /// @notice The operator votes with `key` from the next snapshot on.
    event ConsensusKeySet(uint256 indexed subnetId, address indexed operator, address indexed key);
    /// @notice The operator has a seat: it is in the next snapshot.
    event SeatTaken(uint256 indexed subnetId, address indexed operator);
    /// @notice The operator has no seat any more.
    event SeatLost(uint256 indexed subnetId, address indexed operator);
    /// @notice A set was fixed for epochs to come.
    event SnapshotTaken(
        uint256 indexed subnetId,
        uint256 indexed snapshotId,
        bytes32 indexed setHash,
        uint128 totalStake,
        address blob
    );
    /// @notice An epoch began, with the votes of a snapshot.
    event EpochOpened(uint256 indexed subnetId, uint64 indexed epoch, bytes32 indexed setHash);
    /// @notice An epoch ended; evidence about it is taken until EVIDENCE_WINDOW from now.
    event EpochClosed(uint256 indexed subnetId, uint64 indexed epoch, bytes32 indexed nextSetHash);
    /// @notice A checkpoint was signed by more than two thirds.
    event CheckpointAccepted(
        uint256 indexed subnetId, uint64 indexed epoch, uint64 indexed height, Checkpoint checkpoint
    );
    /// @notice A validator was proven to have signed two things that exclude each other.
    event EquivocationSlashed(
        uint256 indexed subnetId,
        uint64 indexed epoch,
        address indexed operator,
        address key,
        address reporter,
        uint128 amount,
        uint128 reporterReward
    );

    /// @notice The key is zero, or the operator's own account.
    error InvalidConsensusKey(address key);
    /// @notice The key belongs to another operator.
    error ConsensusKeyTaken(address key, address operator);
    /// @notice The signature is malformed or by somebody else.
    error InvalidSignature();
    /// @notice The operator has no consensus key, or less stake than the minimum.
    error NotEligible(uint256 subnetId, address operator);
    /// @notice All seats are taken by operators with at least as much stake.
    error NoSeat(uint256 subnetId, address operator);
    /// @notice The next snapshot can be taken from `earliest` on.
    error SnapshotTooEarly(uint256 earliest);
    /// @notice A snapshot needs MIN_VALIDATORS eligible validators.
    error TooFewValidators(uint256 count);
    /// @notice The epoch is not the one that is open, or there is none of that number.
    error WrongEpoch(uint64 epoch, uint64 expected);
    /// @notice The height is not above the latest checkpoint's.
    error HeightNotRaised(uint64 height, uint64 latest);
    /// @notice The subnet was silent for SILENCE_LIMIT: stake may be gone. Its next snapshot opens the next
    /// epoch.
    error SubnetSilent(uint256 subnetId);
    /// @notice The bitmap names signers beyond the set.
    error InvalidSigners(uint256 signers);
    /// @notice The signatures are not 64 bytes for each signer.
    error InvalidSignaturesLength(uint256 length);
    /// @notice The signature of the set's member `index` is malformed or by somebody else.
    error InvalidSignatureOf(uint256 index);
    /// @notice The signers have not more than two thirds of the weight.
    error NoQuorum(uint256 signed, uint256 total);
    /// @notice nextSetHash is neither the current set's nor that of a newer snapshot.
    error UnknownSet(bytes32 setHash);
    /// @notice An honest validator may sign both.
    error NoConflict();
    /// @notice The epoch is closed for longer than EVIDENCE_WINDOW.
    error EvidenceTooOld(uint64 epoch);
    /// @notice The signer had no vote in the epoch.
    error NotInSet(uint64 epoch, address key);
    /// @notice The signer was slashed for this epoch already.
    error AlreadySlashed(uint64 epoch, address key);

    /// @notice Sets the key that the caller votes with, and takes a seat if it can. A key belongs to one
    /// operator of a subnet for ever.
    /// @param signature 65 bytes r, s, v by the key over ConsensusKey(uint256 subnetId,address operator),
    /// domain "NCN".
    function setConsensusKey(uint256 subnetId, address key, bytes calldata signature) external;

    /// @notice Gives an eligible operator a seat: a free one, or that of the weakest if it has more stake.
    /// Staking and setting a key do the same; this is for what they could not do at their time.
    function takeSeat(uint256 subnetId, address operator) external;

    /// @notice Fixes the set of an epoch to come, from the seats whose holders have the minimum stake
    /// now. At most once in an epochLength. The first one opens epoch 1; one taken after SILENCE_LIMIT
    /// without a checkpoint opens the next epoch.
    function takeSnapshot(uint256 subnetId) external returns (uint256 snapshotId);

    /// @notice Records what more than two thirds of the open epoch's weight signed. With a nextSetHash it
    /// closes the epoch and opens the next one, with the newest snapshot of that hash.
    /// @param signers Bit i stands for member i of the set.
    /// @param signatures 64 bytes for each bit, ascending.
    function submitCheckpoint(
        uint256 subnetId,
        Checkpoint calldata checkpoint,
        uint256 signers,
        bytes calldata signatures
    ) external;

    /// @notice Takes all validator stake, bonded, unbonding and frozen, of whoever signed both votes: two
    /// blocks notarized in a view (E1), two finalized (E2), one finalized and the view nullified (E3), one
    /// notarized and another finalized (E4). A tenth goes to the caller, the rest to the subnet's pool.
    /// Once per signer and epoch.
    function slashEquivocation(
        uint256 subnetId,
        Vote calldata a,
        bytes calldata signatureA,
        Vote calldata b,
        bytes calldata signatureB
    ) external;

    /// @notice The same for two checkpoints of one height that differ (E5). The later of their epochs counts.
    function slashCheckpoints(
        uint256 subnetId,
        Checkpoint calldata a,
        bytes calldata signatureA,
        Checkpoint calldata b,
        bytes calldata signatureB
    ) external;

    /// @notice The key that an operator votes with; zero when it has none.
    function consensusKeyOf(uint256 subnetId, address operator) external view returns (address);

    /// @notice The operator behind a key of now or before; zero when there is none.
    function operatorOf(uint256 subnetId, address key) external view returns (address);

    /// @notice The operators with a seat, in no order.
    function seats(uint256 subnetId) external view returns (address[] memory);

    /// @notice How many snapshots were taken; the newest has this id.
    function snapshotCount(uint256 subnetId) external view returns (uint256);

    /// @notice A snapshot; ids count from 1.
    function getSnapshot(uint256 subnetId, uint256 snapshotId) external view returns (Snapshot memory);

    /// @notice The number of the open epoch; zero before the first snapshot.
    function currentEpoch(uint256 subnetId) external view returns (uint64);

    /// @notice An epoch; all zero when there was none of this number.
    function getEpoch(uint256 subnetId, uint64 epoch) external view returns (Epoch memory);

    /// @notice The newest checkpoint; all zero when there is none.
    function latestCheckpoint(uint256 subnetId) external view returns (AcceptedCheckpoint memory);

    /// @notice The newest checkpoint of an epoch; all zero when there is none.
    function checkpointAt(uint256 subnetId, uint64 epoch) external view returns (AcceptedCheckpoint memory);

    /// @notice Salt of the vote domain: keccak256(abi.encode(subnetId, setHash of the first snapshot)); zero
    /// before that.
    function networkSalt(uint256 subnetId) external view returns (bytes32);

    /// @notice EIP-712 digest of ConsensusKey(uint256 subnetId,address operator), domain "NCN".
    function consensusKeyDigest(uint256 subnetId, address operator) external view returns (bytes32);

    /// @notice The contract that checks signatures and contradictions for this one, and knows the digests of
    /// votes and checkpoints; it has no state.
    function RULES() external view returns (address);

    /// @notice Fewest validators of a snapshot.
    function MIN_VALIDATORS() external view returns (uint256);

    /// @notice Most validators of a snapshot.
    function MAX_VALIDATORS() external view returns (uint256);

    /// @notice Seconds after an epoch's close in which evidence about it is taken.
    function EVIDENCE_WINDOW() external view returns (uint40);

    /// @notice Seconds without a checkpoint after which validators may leave all the same.
    function SILENCE_LIMIT() external view returns (uint40);

    /// @notice Part of slashed stake that goes to the reporter, in basis points.
    function REPORTER_SHARE() external view returns (uint256);
}
