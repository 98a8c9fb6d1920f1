// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ConsensusKeys} from "./ConsensusKeys.sol";
import {ConsensusRules} from "./ConsensusRules.sol";
import {IConsensus} from "./IConsensus.sol";

/// @notice Sets of voters, and the epochs that they vote in.
/// @dev Snapshot ids of successive epochs never fall. So a snapshot is over for good when an epoch opens
/// with a newer one, and the stake that counted in it is free an unbonding delay after that.
abstract contract EpochSnapshots is ConsensusKeys {
    /// @notice A subnet's instance of consensus.
    /// @param salt Of the vote domain.
    /// @param epoch The open epoch.
    /// @param checkpointEpoch The epoch of the newest checkpoint.
    /// @param height The height of the newest checkpoint.
    /// @param aliveAt When the newest checkpoint came, or the epoch was opened without one.
    struct Instance {
        bytes32 salt;
        uint64 epoch;
        uint64 checkpointEpoch;
        uint64 height;
        uint40 aliveAt;
    }

    /// @inheritdoc IConsensus
    uint256 public constant MIN_VALIDATORS = 4;
    /// @inheritdoc IConsensus
    uint40 public constant SILENCE_LIMIT = 90 days;

    /// @inheritdoc IConsensus
    address public immutable RULES = address(new ConsensusRules());

    mapping(uint256 subnetId => Instance) internal instances;
    mapping(uint256 subnetId => mapping(uint64 number => Epoch)) internal epochs;
    mapping(uint256 subnetId => mapping(uint256 snapshotId => Snapshot)) internal snapshots;
    /// @dev The newest snapshot of a set.
    mapping(uint256 subnetId => mapping(bytes32 setHash => uint32)) internal newestOf;
    /// @inheritdoc IConsensus
    mapping(uint256 subnetId => uint256) public snapshotCount;

    /// @inheritdoc IConsensus
    function takeSnapshot(uint256 subnetId) external returns (uint256) {
        _subnet(subnetId);
        uint256 last = snapshotCount[subnetId];
        uint256 earliest = snapshots[subnetId][last].takenAt + _parameters(subnetId).epochLength;
        if (last != 0 && block.timestamp < earliest) revert SnapshotTooEarly(earliest);

        uint32 snapshotId = uint32(last) + 1;
        snapshotCount[subnetId] = snapshotId;
        bytes32 setHash = _keep(subnetId, snapshotId, _members(subnetId, snapshotId));

        Instance storage instance = instances[subnetId];
        uint64 epoch = instance.epoch;
        if (epoch == 0) {
            instance.salt = keccak256(abi.encode(subnetId, setHash));
            _openEpoch(subnetId, 1, snapshotId, setHash);
        } else if (_isSilent(instance)) {
            _closeEpoch(subnetId, epoch, snapshotId, setHash);
        }
        return snapshotId;
    }

    /// @inheritdoc IConsensus
    function getSnapshot(uint256 subnetId, uint256 snapshotId) external view returns (Snapshot memory) {
        return snapshots[subnetId][snapshotId];
    }

    /// @inheritdoc IConsensus
    function currentEpoch(uint256 subnetId) external view returns (uint64) {
        return instances[subnetId].epoch;
    }

    /// @inheritdoc IConsensus
    function getEpoch(uint256 subnetId, uint64 epoch) external view returns (Epoch memory) {
        return epochs[subnetId][epoch];
    }

    /// @inheritdoc IConsensus
    function networkSalt(uint256 subnetId) external view returns (bytes32) {
        return instances[subnetId].salt;
    }

    function _closeEpoch(uint256 subnetId, uint64 epoch, uint32 nextSnapshot, bytes32 nextSetHash) internal {
        epochs[subnetId][epoch].closedAt = uint40(block.timestamp);
        emit EpochClosed(subnetId, epoch, nextSetHash);
        _openEpoch(subnetId, epoch + 1, nextSnapshot, nextSetHash);
    }

    function _isSilent(Instance storage instance) internal view returns (bool) {
        return block.timestamp >= instance.aliveAt + SILENCE_LIMIT;
    }

    /// @dev A binary search for the first epoch with a newer snapshot. While there is none the stake is
    /// free when the subnet has been silent for too long.
    function _freeAt(uint256 subnetId, uint32 snapshotId, uint40 delay)
        internal
        view
        override
        returns (uint40)
    {
        Instance storage instance = instances[subnetId];
        uint64 low = 1;
        uint64 high = instance.epoch + 1;
        while (low < high) {
            uint64 middle = (low + high) / 2;
            if (epochs[subnetId][middle].snapshotId > snapshotId) high = middle;
            else low = middle + 1;
        }
        if (low > instance.epoch) return instance.aliveAt + SILENCE_LIMIT;
        return epochs[subnetId][low].openedAt + delay;
    }

    function _openEpoch(uint256 subnetId, uint64 epoch, uint32 snapshotId, bytes32 setHash) private {
        instances[subnetId].epoch = epoch;
        instances[subnetId].aliveAt = uint40(block.timestamp);
        epochs[subnetId][epoch].snapshotId = snapshotId;
        epochs[subnetId][epoch].openedAt = uint40(block.timestamp);
        emit EpochOpened(subnetId, epoch, setHash);
    }

    /// @dev The seats' holders that have the minimum now.
    function _members(uint256 subnetId, uint32 snapshotId) private returns (uint256[] memory set) {
        address[] storage list = seated[subnetId];
        uint256 candidates = list.length;
        uint128 minimum = _minimumStake(subnetId, Role.Validator);
        uint256 count = 0;
        set = new uint256[](candidates);
        for (uint256 i = 0; i < candidates; ++i) {
            address operator = list[i];
            uint256 weight = _bonded(subnetId, Role.Validator, operator);
            if (weight < minimum) continue;
            if (weight > type(uint96).max) weight = type(uint96).max;
            Voter storage voter = voters[subnetId][operator];
            voter.snapshotId = snapshotId;
            set[count++] = uint256(uint160(voter.key)) << 96 | weight;
        }
        if (count < MIN_VALIDATORS) revert TooFewValidators(count);
        assembly ("memory-safe") {
            mstore(set, count)
        }
    }

    function _keep(uint256 subnetId, uint32 snapshotId, uint256[] memory set)
        private
        returns (bytes32 setHash)
    {
        address blob;
        uint128 total;
        (blob, setHash, total) = ConsensusRules(RULES).seal(set);
        newestOf[subnetId][setHash] = snapshotId;
        snapshots[subnetId][snapshotId] = Snapshot(blob, uint40(block.timestamp), setHash, total);
        emit SnapshotTaken(subnetId, snapshotId, setHash, total, blob);
    }
}
