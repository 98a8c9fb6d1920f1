// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title What the payment contract needs of the registry
interface IRewardPool {
    /// @notice The subnet that an operator belongs to, or 0 when it belongs to none.
    function homeSubnet(address operator) external view returns (uint256 subnetId);

    /// @notice Adds `amount` of any token to a subnet's reward pool, pulled from the caller by allowance.
    function fundRewards(uint256 subnetId, address token, uint128 amount) external;
}
