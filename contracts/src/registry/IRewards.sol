// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRewardPool} from "./IRewardPool.sol";

/// @title Reward pools
/// @notice Each subnet has a pool per token, filled by protocol fees and slashed stake. Validators pay
/// out of it by a Merkle root in their checkpoints: leaf = keccak256(bytes.concat(keccak256(abi.encode(
/// uint8 1, uint256 subnetId, address token, address account, uint128 cumulativeAmount)))), pairs sorted.
interface IRewards is IRewardPool {
    /// @notice The pool grew by `amount`, paid in by `sender`.
    event RewardsFunded(
        uint256 indexed subnetId, address indexed token, address indexed sender, uint128 amount
    );
    /// @notice `amount` was paid to `account`, which has had `claimed` in all.
    event RewardClaimed(
        uint256 indexed subnetId,
        address indexed token,
        address indexed account,
        uint128 amount,
        uint128 claimed
    );

    /// @notice The leaf is not under the rewardsRoot of the subnet's latest checkpoint.
    error NotInRewardsRoot(uint256 subnetId);
    /// @notice The account has had everything already, or the pool is empty.
    error NothingToClaim();

    /// @notice Pays `account` what it earned and has not had, as far as the pool goes; the rest stays
    /// due. Anyone may call it.
    /// @param cumulativeAmount All that the account ever earned of this token in this subnet.
    /// @param proof Against the latest checkpoint's rewardsRoot.
    function claimReward(
        uint256 subnetId,
        address token,
        address account,
        uint128 cumulativeAmount,
        bytes32[] calldata proof
    ) external;

    /// @notice What a subnet's pool holds of a token.
    function rewardPool(uint256 subnetId, address token) external view returns (uint256);

    /// @notice What an account has had of a subnet's pool.
    function claimedReward(uint256 subnetId, address token, address account) external view returns (uint128);
}
