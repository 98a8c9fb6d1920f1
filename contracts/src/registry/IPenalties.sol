// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISubnets} from "./ISubnets.sol";

/// @title Penalties that the validators of a subnet agreed on
/// @notice A penalty is a leaf under the rewardsRoot of the latest checkpoint: keccak256(bytes.concat(
/// keccak256(abi.encode(uint8 2, uint256 subnetId, bytes32 penaltyId, uint8 role, address operator,
/// uint128 amount, bytes32 reason)))). A pardon is (uint8 3, uint256 subnetId, bytes32 penaltyId).
interface IPenalties {
    /// @notice Where a penalty stands.
    enum PenaltyState {
        None,
        Open,
        Executed,
        Pardoned
    }

    /// @notice A penalty.
    /// @param amount What was frozen for it: what was asked for, or all there was.
    /// @param executableAt When the frozen stake can be taken.
    struct Penalty {
        PenaltyState state;
        ISubnets.Role role;
        address operator;
        uint128 amount;
        uint40 executableAt;
    }

    /// @notice Stake was frozen for a penalty.
    event PenaltyOpened(
        uint256 indexed subnetId,
        bytes32 indexed penaltyId,
        address indexed operator,
        ISubnets.Role role,
        uint128 amount,
        bytes32 reason,
        uint40 executableAt
    );
    /// @notice The penalty's stake went to the subnet's reward pool.
    event PenaltyExecuted(uint256 indexed subnetId, bytes32 indexed penaltyId, uint128 amount);
    /// @notice The penalty was lifted.
    event PenaltyPardoned(uint256 indexed subnetId, bytes32 indexed penaltyId, uint128 amount);

    /// @notice The penalty was opened before.
    error PenaltyKnown(bytes32 penaltyId);
    /// @notice The penalty is not open.
    error PenaltyNotOpen(bytes32 penaltyId);
    /// @notice The penalty can be executed from `executableAt` on.
    error AppealPending(uint40 executableAt);

    /// @notice Freezes `amount` of the operator's stake in the role, or all there is. Anyone may call it.
    function openPenalty(
        uint256 subnetId,
        bytes32 penaltyId,
        ISubnets.Role role,
        address operator,
        uint128 amount,
        bytes32 reason,
        bytes32[] calldata proof
    ) external;

    /// @notice Moves the frozen stake to the subnet's reward pool, APPEAL_DELAY after the opening.
    function executePenalty(uint256 subnetId, bytes32 penaltyId) external;

    /// @notice Lifts an open penalty by a pardon under the latest rewardsRoot.
    function pardonPenalty(uint256 subnetId, bytes32 penaltyId, bytes32[] calldata proof) external;

    /// @notice A penalty; all zero when it was never opened.
    function getPenalty(uint256 subnetId, bytes32 penaltyId) external view returns (Penalty memory);

    /// @notice Seconds from the opening of a penalty to its execution.
    function APPEAL_DELAY() external view returns (uint40);
}
