// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title Where protocol fees go
/// @notice The part of ValidatorRegistry that InferencePayment calls when it settles.
interface IRewardPool {
    /// @notice The subnet whose validators an operator's fees pay; zero when it has none.
    function homeSubnet(address operator) external view returns (uint256 subnetId);

    /// @notice Adds `amount` of `token`, pulled from the caller by allowance, to a subnet's reward pool.
    function fundRewards(uint256 subnetId, address token, uint256 amount) external;
}
