// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ISubnets} from "./ISubnets.sol";

/// @title The stake behind the operators
/// @notice Anyone may stake in any subnet; the caller is the operator. Amounts are atomic units of the
/// subnet's stake token; times are seconds.
interface IStakes {
    /// @notice An operator's stake in one role of one subnet.
    /// @param bonded Counts.
    /// @param unbonding Counts no more, and waits for `releaseAt`.
    /// @param frozen Counts no more, and waits for the end of a penalty or a dispute.
    /// @param releaseAt When unbonding stake can be withdrawn at the earliest; zero when there is none. A
    /// validator's waits for its epochs too (see withdrawableAt).
    struct Stake {
        uint128 bonded;
        uint128 unbonding;
        uint128 frozen;
        uint40 releaseAt;
    }

    /// @notice Bonded stake grew by `amount` to `bonded`.
    event Staked(
        uint256 indexed subnetId,
        ISubnets.Role indexed role,
        address indexed operator,
        uint128 amount,
        uint128 bonded
    );
    /// @notice `amount` left the bonded stake; all that is unbonding waits until `releaseAt` at least.
    event Unbonded(
        uint256 indexed subnetId,
        ISubnets.Role indexed role,
        address indexed operator,
        uint128 amount,
        uint128 bonded,
        uint40 releaseAt
    );
    /// @notice Unbonded stake went back to the operator.
    event StakeWithdrawn(
        uint256 indexed subnetId, ISubnets.Role indexed role, address indexed operator, uint128 amount
    );
    /// @notice `amount` was frozen for a penalty or a dispute.
    event StakeFrozen(
        uint256 indexed subnetId, ISubnets.Role indexed role, address indexed operator, uint128 amount
    );
    /// @notice `amount` of frozen stake is free again, bonded or unbonding as it was before.
    event StakeReleased(
        uint256 indexed subnetId, ISubnets.Role indexed role, address indexed operator, uint128 amount
    );
    /// @notice `amount` was taken from the operator for good.
    event StakeSlashed(
        uint256 indexed subnetId, ISubnets.Role indexed role, address indexed operator, uint128 amount
    );
    /// @notice The operator belongs to this subnet from now on.
    event HomeSubnetChanged(address indexed operator, uint256 indexed subnetId);

    /// @notice The amount is zero.
    error ZeroAmount();
    /// @notice The bonded stake would stay below the role's minimum.
    error StakeBelowMinimum(uint128 bonded, uint128 minimum);
    /// @notice All that an operator has in a role would pass 2^128 - 1.
    error StakeTooLarge();
    /// @notice More was asked for than is bonded.
    error AmountAboveBonded(uint128 requested, uint128 bonded);
    /// @notice Nothing is unbonding.
    error NothingUnbonding();
    /// @notice The stake can be withdrawn from `releaseAt` on (see withdrawableAt).
    error StillUnbonding(uint40 releaseAt);
    /// @notice The operator has no bonded stake in the subnet.
    error NoStakeInSubnet(uint256 subnetId, address operator);
    /// @notice The operator has no stake that could be frozen.
    error NothingToFreeze(uint256 subnetId, address operator);
    /// @notice The token moved something else than the amount asked for.
    error TransferNotExact(address token, uint256 expected, uint256 received);

    /// @notice Bonds `amount`, pulled from the caller by allowance. The first stake of an operator makes
    /// the subnet its home. A validator with a consensus key takes a seat if one is free or held by less.
    function stake(uint256 subnetId, ISubnets.Role role, uint128 amount) external;

    /// @notice Takes `amount` out of the bonded stake; it can be withdrawn after the subnet's delay. Stake
    /// that was unbonding already waits with it. A validator left with less than the minimum loses its seat.
    function unbond(uint256 subnetId, ISubnets.Role role, uint128 amount) external;

    /// @notice Sends all released stake to the caller.
    function withdrawStake(uint256 subnetId, ISubnets.Role role) external;

    /// @notice Makes a subnet in which the caller has bonded stake its home: the validators there get the
    /// protocol fee of what it settles.
    function setHomeSubnet(uint256 subnetId) external;

    /// @notice An operator's stake; all zero when it has none.
    function getStake(uint256 subnetId, ISubnets.Role role, address operator)
        external
        view
        returns (Stake memory);

    /// @notice When the unbonding stake can be withdrawn, epochs included; zero when nothing is
    /// unbonding. For a validator whose stake still counts in the open epoch it is the end of the
    /// SILENCE_LIMIT, which every checkpoint moves on.
    function withdrawableAt(uint256 subnetId, ISubnets.Role role, address operator)
        external
        view
        returns (uint40);

    /// @notice Sum of the bonded stake of all operators in a role.
    function totalBonded(uint256 subnetId, ISubnets.Role role) external view returns (uint256);

    /// @notice Whether the operator has bonded stake, and at least the role's minimum.
    function isActive(uint256 subnetId, ISubnets.Role role, address operator) external view returns (bool);
}
