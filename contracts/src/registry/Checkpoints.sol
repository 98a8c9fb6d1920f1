// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ConsensusRules} from "./ConsensusRules.sol";
import {EpochSnapshots} from "./EpochSnapshots.sol";
import {IConsensus} from "./IConsensus.sol";

/// @notice States of the ledger that more than two thirds of an epoch's weight signed.
abstract contract Checkpoints is EpochSnapshots {
    mapping(uint256 subnetId => mapping(uint64 epoch => AcceptedCheckpoint)) private accepted;

    /// @inheritdoc IConsensus
    function submitCheckpoint(
        uint256 subnetId,
        Checkpoint calldata checkpoint,
        uint256 signers,
        bytes calldata signatures
    ) external {
        Instance storage instance = instances[subnetId];
        uint64 epoch = instance.epoch;
        if (epoch == 0 || checkpoint.epoch != epoch) revert WrongEpoch(checkpoint.epoch, epoch);
        if (checkpoint.height <= instance.height) revert HeightNotRaised(checkpoint.height, instance.height);
        if (_isSilent(instance)) revert SubnetSilent(subnetId);
        uint32 snapshotId = epochs[subnetId][epoch].snapshotId;
        bytes32 contentHash = ConsensusRules(RULES)
            .checkQuorum(instance.salt, snapshots[subnetId][snapshotId].blob, checkpoint, signers, signatures);

        instance.checkpointEpoch = epoch;
        instance.height = checkpoint.height;
        instance.aliveAt = uint40(block.timestamp);
        accepted[subnetId][epoch] = AcceptedCheckpoint({
            epoch: epoch,
            height: checkpoint.height,
            acceptedAt: uint40(block.timestamp),
            blockHash: checkpoint.blockHash,
            stateRoot: checkpoint.stateRoot,
            rewardsRoot: checkpoint.rewardsRoot,
            contentHash: contentHash
        });
        emit CheckpointAccepted(subnetId, epoch, checkpoint.height, checkpoint);
        if (checkpoint.nextSetHash != 0) _followedBy(subnetId, epoch, snapshotId, checkpoint.nextSetHash);
    }

    /// @inheritdoc IConsensus
    function latestCheckpoint(uint256 subnetId) external view returns (AcceptedCheckpoint memory) {
        return _latest(subnetId);
    }

    /// @inheritdoc IConsensus
    function checkpointAt(uint256 subnetId, uint64 epoch) external view returns (AcceptedCheckpoint memory) {
        return accepted[subnetId][epoch];
    }

    function _latest(uint256 subnetId) internal view returns (AcceptedCheckpoint storage) {
        return accepted[subnetId][instances[subnetId].checkpointEpoch];
    }

    /// @dev Closes the epoch, if the next set is the present one or comes from a newer snapshot.
    function _followedBy(uint256 subnetId, uint64 epoch, uint32 snapshotId, bytes32 nextSetHash) private {
        uint32 next = newestOf[subnetId][nextSetHash];
        if (next < snapshotId) revert UnknownSet(nextSetHash);
        _closeEpoch(subnetId, epoch, next, nextSetHash);
    }
}
