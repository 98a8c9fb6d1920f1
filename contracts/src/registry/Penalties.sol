// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPenalties} from "./IPenalties.sol";
import {RewardPool} from "./RewardPool.sol";

/// @notice Penalties and pardons that the validators put under a rewardsRoot.
abstract contract Penalties is RewardPool, IPenalties {
    /// @inheritdoc IPenalties
    uint40 public constant APPEAL_DELAY = 7 days;
    uint8 private constant PENALTY_LEAF = 2;
    uint8 private constant PARDON_LEAF = 3;

    struct Sentence {
        PenaltyState state;
        uint40 executableAt;
        Hold hold;
    }

    mapping(uint256 subnetId => mapping(bytes32 penaltyId => Sentence)) private sentences;

    /// @inheritdoc IPenalties
    function openPenalty(
        uint256 subnetId,
        bytes32 penaltyId,
        Role role,
        address operator,
        uint128 amount,
        bytes32 reason,
        bytes32[] calldata proof
    ) external nonReentrant {
        _checkLeaf(
            subnetId, abi.encode(PENALTY_LEAF, subnetId, penaltyId, role, operator, amount, reason), proof
        );
        Sentence storage sentence = sentences[subnetId][penaltyId];
        if (sentence.state != PenaltyState.None) revert PenaltyKnown(penaltyId);

        uint40 executableAt = uint40(block.timestamp) + APPEAL_DELAY;
        (Hold memory hold, uint128 frozen) = _freeze(subnetId, role, operator, amount);
        sentence.state = PenaltyState.Open;
        sentence.executableAt = executableAt;
        sentence.hold = hold;
        emit PenaltyOpened(subnetId, penaltyId, operator, role, frozen, reason, executableAt);
    }

    /// @inheritdoc IPenalties
    function executePenalty(uint256 subnetId, bytes32 penaltyId) external nonReentrant {
        Sentence storage sentence = _open(subnetId, penaltyId);
        if (block.timestamp < sentence.executableAt) revert AppealPending(sentence.executableAt);

        sentence.state = PenaltyState.Executed;
        uint128 amount = _take(subnetId, sentence.hold);
        _reward(subnetId, amount);
        emit PenaltyExecuted(subnetId, penaltyId, amount);
    }

    /// @inheritdoc IPenalties
    function pardonPenalty(uint256 subnetId, bytes32 penaltyId, bytes32[] calldata proof)
        external
        nonReentrant
    {
        Sentence storage sentence = _open(subnetId, penaltyId);
        _checkLeaf(subnetId, abi.encode(PARDON_LEAF, subnetId, penaltyId), proof);

        sentence.state = PenaltyState.Pardoned;
        uint128 amount = _release(subnetId, sentence.hold);
        emit PenaltyPardoned(subnetId, penaltyId, amount);
    }

    /// @inheritdoc IPenalties
    function getPenalty(uint256 subnetId, bytes32 penaltyId) external view returns (Penalty memory) {
        Sentence storage sentence = sentences[subnetId][penaltyId];
        Hold storage hold = sentence.hold;
        return Penalty({
            state: sentence.state,
            role: hold.role,
            operator: hold.operator,
            amount: hold.bonded + hold.unbonding,
            executableAt: sentence.executableAt
        });
    }

    function _open(uint256 subnetId, bytes32 penaltyId) private view returns (Sentence storage sentence) {
        sentence = sentences[subnetId][penaltyId];
        if (sentence.state != PenaltyState.Open) revert PenaltyNotOpen(penaltyId);
    }
}
