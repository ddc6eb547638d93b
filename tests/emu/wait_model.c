/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait_model.c - see wait_model.h. */
#include "wait_model.h"

#include <string.h>

enum { TICK = 15625000, QUANTUM = 6, TICK_UNITS = 3 };

/* --- Lists ----------------------------------------------------------------------------------------------------- */

static void append(struct list *list, int item)
{
    list->item[list->count++] = item;
}

static void insert_first(struct list *list, int item)
{
    memmove(list->item + 1, list->item, (size_t)list->count++ * sizeof *list->item);
    list->item[0] = item;
}

static void remove_all(struct list *list, int item)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++)
        if (list->item[i] != item)
            list->item[kept++] = list->item[i];
    list->count = kept;
}

static int highest(const struct model *model)
{
    for (int level = 31; level >= 0; level--)
        if (model->ready[level].count)
            return model->ready[level].item[0];
    return -1;
}

static bool runs(const struct model *model)
{
    return model->running >= 0 && model->thread[model->running].state == MODEL_RUNNING;
}

/* --- Ready ------------------------------------------------------------------------------------------------------- */

static void look_at(struct model *model, int t)
{
    if (!runs(model) || model->thread[t].priority > model->thread[model->running].priority)
        model->wanted = true;
}

void model_ready(struct model *model, int t)
{
    struct model_thread *thread = &model->thread[t];
    if (thread->suspended) {
        thread->state = MODEL_SUSPENDED;
        return;
    }
    thread->state = MODEL_READY;
    append(&model->ready[thread->priority], t);
    look_at(model, t);
}

void model_set_priority(struct model *model, int t, int priority)
{
    struct model_thread *thread = &model->thread[t];
    if (thread->priority == priority)
        return;
    remove_all(&model->ready[thread->priority], t);
    thread->priority = priority;
    thread->quantum = QUANTUM;
    if (thread->state == MODEL_READY) {
        append(&model->ready[priority], t);
        look_at(model, t);
    }
    if (thread->state == MODEL_RUNNING)
        model->wanted = true;
}

/* --- Waits ------------------------------------------------------------------------------------------------------- */

static bool is_there(const struct model *model, int o, int t)
{
    return model->object[o].signal > 0 || (model->object[o].kind == KIND_MUTANT && model->object[o].owner == t);
}

static uint32_t take(struct model *model, int o, int t)
{
    struct model_object *object = &model->object[o];
    bool abandoned = object->abandoned;
    if (object->kind == KIND_SYNCHRONIZATION)
        object->signal = 0;
    if (object->kind == KIND_SEMAPHORE || object->kind == KIND_MUTANT)
        object->signal--;
    if (object->kind != KIND_MUTANT)
        return 0;
    if (object->owner < 0)
        insert_first(&model->thread[t].mutants, o);
    object->owner = t;
    object->abandoned = false;
    return abandoned ? 0x80 : 0;
}

static bool try_take(struct model *model, int t, uint32_t *status)
{
    struct model_thread *thread = &model->thread[t];
    int ready = 0, first = -1;
    for (int i = 0; i < thread->count; i++)
        if (is_there(model, thread->object[i], t)) {
            ready++;
            if (first < 0)
                first = i;
        }
    if (thread->kind == MODEL_DELAY || (thread->kind == MODEL_ANY ? ready == 0 : ready < thread->count))
        return false;
    *status = 0;
    if (thread->kind == MODEL_ANY) {
        *status = (uint32_t)first + take(model, thread->object[first], t);
        return true;
    }
    for (int i = 0; i < thread->count; i++)
        if (take(model, thread->object[i], t))
            *status = 0x80;
    return true;
}

static bool try_wait(struct model *model, int t, uint32_t *status)
{
    struct model_thread *thread = &model->thread[t];
    if (try_take(model, t, status))
        return true;
    if (thread->alertable && thread->alerted) {
        thread->alerted = false;
        *status = 0x101;
        return true;
    }
    *status = thread->kind == MODEL_DELAY ? 0 : 0x102;
    return thread->timed && thread->when <= model->now;
}

static void join(struct model *model, int t)
{
    struct model_thread *thread = &model->thread[t];
    thread->state = MODEL_WAITING;
    thread->parked = false;
    thread->since = model->order++;
    for (int i = 0; i < thread->count; i++)
        append(&model->object[thread->object[i]].waiters, t);
}

static void leave(struct model *model, int t)
{
    for (int o = 0; o < OBJECTS; o++)
        remove_all(&model->object[o].waiters, t);
}

void model_finish(struct model *model, int t, uint32_t status)
{
    struct model_thread *thread = &model->thread[t];
    leave(model, t);
    thread->status = status;
    if (--thread->quantum <= 0)
        thread->quantum = QUANTUM;
    model_ready(model, t);
}

uint32_t model_wait(struct model *model, const struct model_thread *request)
{
    struct model_thread *thread = &model->thread[model->running];
    uint32_t status;
    thread->kind = request->kind;
    thread->timed = request->timed;
    thread->when = request->when;
    thread->alertable = request->alertable;
    thread->count = request->count;
    memcpy(thread->object, request->object, sizeof thread->object);
    if (try_wait(model, model->running, &status))
        return status;
    join(model, model->running);
    return MODEL_PENDING;
}

static void satisfy(struct model *model, int o)
{
    for (int i = 0; i < model->object[o].waiters.count; i++) {
        int t = model->object[o].waiters.item[i];
        uint32_t status;
        if (!is_there(model, o, t))
            return;
        if (!try_take(model, t, &status))
            continue;
        model_finish(model, t, status);
        i = -1;
    }
}

void model_set(struct model *model, int o)
{
    model->object[o].signal = 1;
    satisfy(model, o);
}

void model_reset(struct model *model, int o)
{
    model->object[o].signal = 0;
}

void model_pulse(struct model *model, int o)
{
    model_set(model, o);
    model->object[o].signal = 0;
}

bool model_release(struct model *model, int o, int count)
{
    struct model_object *object = &model->object[o];
    if (object->kind == KIND_SEMAPHORE) {
        if (count > object->limit - object->signal)
            return false;
        object->signal += count;
        satisfy(model, o);
        return true;
    }
    if (object->owner != model->running)
        return false;
    if (++object->signal == 1) {
        remove_all(&model->thread[object->owner].mutants, o);
        object->owner = -1;
        satisfy(model, o);
    }
    return true;
}

/* --- Threads ----------------------------------------------------------------------------------------------------- */

void model_suspend(struct model *model, int t)
{
    struct model_thread *thread = &model->thread[t];
    if (thread->suspended++ > 0)
        return;
    if (thread->state == MODEL_READY) {
        remove_all(&model->ready[thread->priority], t);
        thread->state = MODEL_SUSPENDED;
    } else if (thread->state == MODEL_WAITING) {
        leave(model, t);
        thread->parked = true;
    } else if (thread->state == MODEL_RUNNING) {
        model->wanted = true;
    }
}

void model_resume(struct model *model, int t)
{
    struct model_thread *thread = &model->thread[t];
    uint32_t status;
    if (thread->suspended == 0 || --thread->suspended > 0)
        return;
    if (thread->state == MODEL_SUSPENDED) {
        model_ready(model, t);
    } else if (thread->state == MODEL_WAITING && thread->parked) {
        thread->parked = false;
        if (try_wait(model, t, &status))
            model_finish(model, t, status);
        else
            join(model, t);
    }
}

void model_alert(struct model *model, int t)
{
    struct model_thread *thread = &model->thread[t];
    thread->alerted = true;
    if (thread->state != MODEL_WAITING || thread->parked || !thread->alertable)
        return;
    thread->alerted = false;
    model_finish(model, t, 0x101);
}

void model_kill(struct model *model, int t)
{
    struct model_thread *thread = &model->thread[t];
    remove_all(&model->ready[thread->priority], t);
    leave(model, t);
    thread->state = MODEL_DEAD;
    while (thread->mutants.count) {
        int o = thread->mutants.item[0];
        remove_all(&thread->mutants, o);
        model->object[o].owner = -1;
        model->object[o].signal = 1;
        model->object[o].abandoned = true;
        satisfy(model, o);
    }
}

bool model_yield(struct model *model)
{
    if (highest(model) < 0)
        return false;
    model->thread[model->running].quantum = QUANTUM;
    model->yields = model->wanted = true;
    return true;
}

/* --- Time -------------------------------------------------------------------------------------------------------- */

static bool overtaken(const struct model *model)
{
    int next = highest(model);
    if (next < 0)
        return false;
    int lead = model->thread[next].priority - model->thread[model->running].priority;
    return model->yields || lead > 0 || (lead == 0 && model->turn_over);
}

/* The timeout that comes first; of one moment, the one that was set first. */
static int first_due(const struct model *model)
{
    int first = -1;
    for (int t = 0; t < THREADS; t++) {
        const struct model_thread *thread = &model->thread[t], *best = first < 0 ? NULL : &model->thread[first];
        if (thread->state != MODEL_WAITING || thread->parked || !thread->timed)
            continue;
        if (!best || thread->when < best->when || (thread->when == best->when && thread->since < best->since))
            first = t;
    }
    return first;
}

void model_advance(struct model *model, uint64_t ns)
{
    uint64_t ticks = (model->now + ns) / TICK - model->now / TICK;
    model->now += ns;
    if (ticks && runs(model)) {
        struct model_thread *thread = &model->thread[model->running];
        int left = thread->quantum - (int)(ticks < QUANTUM ? ticks : QUANTUM) * TICK_UNITS;
        thread->quantum = left > 0 ? left : QUANTUM;
        model->turn_over |= left <= 0;
        model->wanted |= overtaken(model);
    }
    for (int t = first_due(model); t >= 0 && model->thread[t].when <= model->now; t = first_due(model))
        model_finish(model, t, model->thread[t].kind == MODEL_DELAY ? 0 : 0x102);
}

/* The running one makes room, if it still runs. */
static void put_back(struct model *model)
{
    struct model_thread *old = &model->thread[model->running];
    old->state = old->suspended ? MODEL_SUSPENDED : MODEL_READY;
    if (old->suspended)
        return;
    if (model->turn_over || model->yields)
        append(&model->ready[old->priority], model->running);
    else
        insert_first(&model->ready[old->priority], model->running);
}

int model_pick(struct model *model)
{
    for (;;) {
        if (!runs(model) || (model->wanted && overtaken(model))) {
            int next = highest(model);
            if (runs(model))
                put_back(model);
            model->running = next;
        }
        model->wanted = model->turn_over = model->yields = false;
        if (model->running < 0) {
            int due = first_due(model);
            if (due < 0)
                return -1;
            model_advance(model, model->thread[due].when > model->now ? model->thread[due].when - model->now : 0);
            continue;
        }
        struct model_thread *thread = &model->thread[model->running];
        remove_all(&model->ready[thread->priority], model->running);
        thread->state = MODEL_RUNNING;
        if (thread->suspended == 0)
            return model->running;
        thread->state = MODEL_SUSPENDED; /* it suspended itself */
    }
}
