// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {Checkpoints} from "./Checkpoints.sol";
import {IRewardPool} from "./IRewardPool.sol";
import {IRewards} from "./IRewards.sol";

/// @notice The reward pools, and what validators pay out of them.
abstract contract RewardPool is Checkpoints, IRewards {
    using SafeERC20 for IERC20;

    uint8 private constant REWARD_LEAF = 1;

    /// @inheritdoc IRewards
    mapping(uint256 subnetId => mapping(address token => uint256)) public rewardPool;
    /// @inheritdoc IRewards
    mapping(uint256 subnetId => mapping(address token => mapping(address account => uint128))) public
        claimedReward;

    /// @inheritdoc IRewardPool
    function fundRewards(uint256 subnetId, address token, uint128 amount) external nonReentrant {
        _subnet(subnetId);
        if (amount == 0) revert ZeroAmount();

        rewardPool[subnetId][token] += amount;
        emit RewardsFunded(subnetId, token, msg.sender, amount);

        _pull(token, amount);
    }

    /// @inheritdoc IRewards
    function claimReward(
        uint256 subnetId,
        address token,
        address account,
        uint128 cumulativeAmount,
        bytes32[] calldata proof
    ) external nonReentrant {
        _checkLeaf(subnetId, abi.encode(REWARD_LEAF, subnetId, token, account, cumulativeAmount), proof);
        uint128 claimed = claimedReward[subnetId][token][account];
        uint256 pool = rewardPool[subnetId][token];
        if (cumulativeAmount <= claimed || pool == 0) revert NothingToClaim();
        uint128 amount = cumulativeAmount - claimed;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (amount > pool) amount = uint128(pool);

        rewardPool[subnetId][token] = pool - amount;
        claimedReward[subnetId][token][account] = claimed + amount;
        emit RewardClaimed(subnetId, token, account, amount, claimed + amount);

        IERC20(token).safeTransfer(account, amount);
    }

    /// @dev Stake that was taken becomes reward.
    function _reward(uint256 subnetId, uint256 amount) internal {
        rewardPool[subnetId][_subnet(subnetId).stakeToken] += amount;
    }

    /// @dev Hashed twice, so that an inner node of the tree is no leaf.
    function _checkLeaf(uint256 subnetId, bytes memory leaf, bytes32[] calldata proof) internal view {
        bytes32 hash = keccak256(bytes.concat(keccak256(leaf)));
        if (!MerkleProof.verifyCalldata(proof, _latest(subnetId).rewardsRoot, hash)) {
            revert NotInRewardsRoot(subnetId);
        }
    }
}
