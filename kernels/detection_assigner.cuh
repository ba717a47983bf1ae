// What the assigner works on, and what its kernels leave to each other in scratch memory.
#pragma once
#include "detection_head.cuh"

// An object of the batch.
struct Truth {
    nt::Box<float> box;  // pixels
    float angle;         // its aspect_angle
    int image;           // −1: none, at the end of the list
    int cls;
    int row;             // among the image's rows of targets, from 0
};

// Passed to kernels by value; src/NativeTrain.Cuda/Ops/Assigner.cs fills the same struct.
struct Assigner {
    DetectionHead head;
    const float* target;      // [targets,6] rows as the loader made them
    nt::CellTarget* saved;    // [n·cells] what the cells are to learn
    Truth* truths;            // [targets] objects, image by image in the rows' order, then none
    nt::Range* of_image;      // [n] an image's objects
    nt::Box<float>* predicted;  // [n·cells] boxes in pixels
    float* angle;             // [n·cells] their aspect_angle
    int* claims;              // [n·cells] objects that claim the cell
    int* claimant;            // [n·cells] the last of them
    int* winner;              // [n·cells] the object it goes to, −1: none
    unsigned* best_metric;    // [targets] an object's best metric and best overlap among its cells: the bits of floats that
    unsigned* best_overlap;   // [targets]   are not negative, which order as the floats do
    int targets, topk;
    float alpha, beta;        // powers of score and overlap
};
