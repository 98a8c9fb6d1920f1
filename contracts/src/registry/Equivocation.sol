// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ConsensusRules} from "./ConsensusRules.sol";
import {IConsensus} from "./IConsensus.sol";
import {RewardPool} from "./RewardPool.sol";

/// @notice Stake is lost to two signatures that no honest validator gives both.
abstract contract Equivocation is RewardPool {
    using SafeERC20 for IERC20;

    /// @inheritdoc IConsensus
    uint40 public constant EVIDENCE_WINDOW = 10 days;
    /// @inheritdoc IConsensus
    uint256 public constant REPORTER_SHARE = 1000;
    uint256 private constant BASIS_POINTS = 10_000;

    mapping(uint256 subnetId => mapping(uint64 epoch => mapping(address key => bool))) private slashed;

    /// @inheritdoc IConsensus
    function slashEquivocation(
        uint256 subnetId,
        Vote calldata a,
        bytes calldata signatureA,
        Vote calldata b,
        bytes calldata signatureB
    ) external nonReentrant {
        (bytes32 salt, address blob) = _setOf(subnetId, a.epoch);
        address key = ConsensusRules(RULES).conflictingVoter(salt, blob, a, signatureA, b, signatureB);
        _slash(subnetId, a.epoch, key);
    }

    /// @inheritdoc IConsensus
    function slashCheckpoints(
        uint256 subnetId,
        Checkpoint calldata a,
        bytes calldata signatureA,
        Checkpoint calldata b,
        bytes calldata signatureB
    ) external nonReentrant {
        uint64 epoch = a.epoch > b.epoch ? a.epoch : b.epoch;
        (bytes32 salt, address blob) = _setOf(subnetId, epoch);
        address key = ConsensusRules(RULES).conflictingSigner(salt, blob, a, signatureA, b, signatureB);
        _slash(subnetId, epoch, key);
    }

    function _slash(uint256 subnetId, uint64 epoch, address key) private {
        if (slashed[subnetId][epoch][key]) revert AlreadySlashed(epoch, key);

        slashed[subnetId][epoch][key] = true;
        address operator = operatorOf[subnetId][key];
        uint128 amount = _takeAll(subnetId, Role.Validator, operator);
        // forge-lint: disable-next-line(unsafe-typecast)
        uint128 share = uint128(amount * REPORTER_SHARE / BASIS_POINTS);
        _reward(subnetId, amount - share);
        emit EquivocationSlashed(subnetId, epoch, operator, key, msg.sender, amount, share);

        if (share != 0) IERC20(_subnet(subnetId).stakeToken).safeTransfer(msg.sender, share);
    }

    /// @dev Who votes in an epoch that is open or was closed a short while ago.
    function _setOf(uint256 subnetId, uint64 number) private view returns (bytes32 salt, address blob) {
        Epoch storage epoch = epochs[subnetId][number];
        if (epoch.openedAt == 0) revert WrongEpoch(number, instances[subnetId].epoch);
        uint40 closedAt = epoch.closedAt;
        if (closedAt != 0 && block.timestamp > closedAt + EVIDENCE_WINDOW) revert EvidenceTooOld(number);
        return (instances[subnetId].salt, snapshots[subnetId][epoch.snapshotId].blob);
    }
}
